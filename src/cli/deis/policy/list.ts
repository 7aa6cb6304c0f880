// deis policy:list

import { DeisCommand, appFlag } from '../command.ts';
import { type ApiPolicy, policyLines } from './change.ts';

export default class PolicyList extends DeisCommand {
  static override summary = 'Show how an app is deployed.';
  static override aliases = ['policy'];
  static override examples = ['<%= config.bin %> policy -a hello'];
  static override flags = { ...appFlag };

  async run(): Promise<ApiPolicy> {
    const { flags } = await this.parse(PolicyList);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const policy = await session.api.get<ApiPolicy>(`/v2/apps/${app}/policy`, this.signal);
    this.lines(policyLines(app, policy));
    return policy;
  }
}

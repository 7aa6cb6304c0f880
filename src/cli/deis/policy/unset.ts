// deis policy:unset

import { Args } from '@oclif/core';
import { POLICY } from '../../../model/deploy-policy.ts';
import { DeisCommand, appFlag } from '../command.ts';
import { type ApiPolicy, changePolicy, policyLines } from './change.ts';

export default class PolicyUnset extends DeisCommand {
  static override summary = 'Bring defaults of the deployment policy back.';
  static override examples = ['<%= config.bin %> policy:unset batch -a hello'];
  static override strict = false;
  static override args = {
    setting: Args.string({
      required: true,
      description: 'Several may be given.',
      options: POLICY.map(({ name }) => name),
    }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<ApiPolicy> {
    const { argv, flags } = await this.parse(PolicyUnset);
    const body = Object.fromEntries((argv as string[]).map((name) => [name, null]));
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const change = changePolicy(session.api, app, body, this.signal);
    const policy = await this.waiting('Changing the policy...', change);
    this.lines(['', ...policyLines(app, policy)]);
    return policy;
  }
}

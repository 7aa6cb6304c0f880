// deis domains:remove

import { Args } from '@oclif/core';
import { DeisCommand, appFlag } from '../command.ts';

export default class DomainsRemove extends DeisCommand {
  static override summary = 'Serve an app under a domain no more.';
  static override examples = ['<%= config.bin %> domains:remove www.example.com -a hello'];
  static override args = {
    domain: Args.string({ required: true, description: 'The domain: www.example.com.' }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DomainsRemove);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `apps/${app}/domains/${encodeURIComponent(args.domain)}`;
    await this.waiting(
      `Removing ${args.domain} from ${app}...`,
      session.api.delete(path, this.signal),
    );
  }
}

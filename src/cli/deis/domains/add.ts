// deis domains:add

import { Args } from '@oclif/core';
import type { ApiDomain } from '../../client/types.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class DomainsAdd extends DeisCommand {
  static override summary = 'Serve an app under a domain of your own.';
  static override examples = [
    '<%= config.bin %> domains:add www.example.com -a hello',
    "<%= config.bin %> domains:add '*.example.com' -a hello",
  ];
  static override args = {
    domain: Args.string({ required: true, description: 'The domain: www.example.com.' }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<ApiDomain> {
    const { args, flags } = await this.parse(DomainsAdd);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const body = { domain: args.domain };
    return this.waiting(
      `Adding ${args.domain} to ${app}...`,
      session.api.post<ApiDomain>(`apps/${app}/domains/`, body, this.signal),
    );
  }
}

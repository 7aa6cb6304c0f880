// deis drains:remove

import { Args } from '@oclif/core';
import { DeisCommand, appFlag } from '../command.ts';

export default class DrainsRemove extends DeisCommand {
  static override summary = 'Stop sending the lines of an app to a log receiver.';
  static override examples = [
    '<%= config.bin %> drains:remove syslog+tls://logs.example.com:6514 -a hello',
  ];
  static override args = {
    drain: Args.string({ required: true, description: 'Its URL or its id.' }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DrainsRemove);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/drains/${encodeURIComponent(args.drain)}`;
    const change = session.api.delete(path, this.signal);
    await this.waiting(`Removing drain ${args.drain} from ${app}...`, change);
  }
}

// deis drains:add

import { Args } from '@oclif/core';
import { DeisCommand, appFlag } from '../command.ts';

export default class DrainsAdd extends DeisCommand {
  static override summary =
    'Send the lines of an app, from now on, to a log receiver (syslog, RFC 5424).';
  static override description =
    'The URL is udp://, tcp:// or syslog+tls://host:port. Over TCP each line ends with a newline, over TLS its length comes first; ?framing=octet or ?framing=newline asks for the other. ?verify=no accepts any certificate.';
  static override examples = [
    '<%= config.bin %> drains:add syslog+tls://logs.example.com:6514 -a hello',
  ];
  static override args = {
    url: Args.string({ required: true, description: 'syslog+tls://logs.example.com:6514' }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DrainsAdd);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const body = { url: args.url };
    const change = session.api.post(`/v2/apps/${app}/drains`, body, this.signal);
    await this.waiting(`Adding drain ${args.url} to ${app}...`, change);
  }
}

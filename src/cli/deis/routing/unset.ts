// deis routing:unset

import { Args } from '@oclif/core';
import { DeisCommand, appFlag } from '../command.ts';

export default class RoutingUnset extends DeisCommand {
  static override summary = "Take back an app's routing settings: those of the router hold again.";
  static override examples = ['<%= config.bin %> routing:unset maintenance whitelist -a hello'];
  static override strict = false;
  static override args = {
    setting: Args.string({ required: true, description: 'Names of settings.' }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(RoutingUnset);
    const settings = Object.fromEntries((argv as string[]).map((name) => [name, null]));
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const change = session.api.post(`/v2/apps/${app}/routing`, { settings }, this.signal);
    await this.waiting(`Changing the routing of ${app}...`, change);
  }
}

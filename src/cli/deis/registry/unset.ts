// deis registry:unset

import { Args } from '@oclif/core';
import { DeisCommand, appFlag } from '../command.ts';

export default class RegistryUnset extends DeisCommand {
  static override summary = "Forget an app's login at another registry.";
  static override examples = ['<%= config.bin %> registry:unset quay.io -a hello'];
  static override args = {
    host: Args.string({
      required: true,
      description: 'The registry, as `registry:list` shows it.',
    }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RegistryUnset);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const host = encodeURIComponent(args.host.replace(/^host=/, ''));
    const change = session.api.delete(`/v2/apps/${app}/registry/${host}`, this.signal);
    await this.waiting(`Forgetting the login at ${args.host} for ${app}...`, change);
  }
}

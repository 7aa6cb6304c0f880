// deis apps:transfer

import { Args } from '@oclif/core';
import { DeisCommand, appFlag } from '../command.ts';

export default class AppsTransfer extends DeisCommand {
  static override summary = 'Give an app to another user.';
  static override examples = ['<%= config.bin %> apps:transfer alice -a hello'];
  static override args = { user: Args.string({ required: true, description: 'Its new owner.' }) };
  static override flags = { ...appFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppsTransfer);
    const session = await this.session();
    const id = await this.appOf(session, flags);
    await this.waiting(
      `Transferring ${id} to ${args.user}...`,
      session.api.post(`apps/${id}/`, { owner: args.user }, this.signal),
    );
  }
}

// deis keys:remove

import { Args } from '@oclif/core';
import { DeisCommand } from '../command.ts';

export default class KeysRemove extends DeisCommand {
  static override summary = 'Remove an SSH key: it may push no more.';
  static override examples = ['<%= config.bin %> keys:remove alice@laptop'];
  static override args = {
    id: Args.string({ required: true, description: 'Its name, as keys:list shows it.' }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(KeysRemove);
    const { api } = await this.session();
    const path = `keys/${encodeURIComponent(args.id)}`;
    await this.waiting(`Removing ${args.id} SSH Key...`, api.delete(path, this.signal));
  }
}

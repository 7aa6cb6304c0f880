// deis certs:remove

import { Args } from '@oclif/core';
import { DeisCommand } from '../command.ts';

export default class CertsRemove extends DeisCommand {
  static override summary = 'Remove a certificate.';
  static override examples = ['<%= config.bin %> certs:remove www.example.com'];
  static override args = {
    name: Args.string({ required: true, description: 'Common name of the certificate.' }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(CertsRemove);
    const { api } = await this.session();
    const path = `certs/${encodeURIComponent(args.name)}`;
    await this.waiting(`Removing ${args.name}...`, api.delete(path, this.signal));
  }
}

// deis certs:info

import { Args } from '@oclif/core';
import { fieldLines, heading } from '../../client/lists.ts';
import type { ApiCert } from '../../client/types.ts';
import { DeisCommand } from '../command.ts';

export default class CertsInfo extends DeisCommand {
  static override summary = 'Show a certificate: its owner and when it ends.';
  static override examples = ['<%= config.bin %> certs:info www.example.com'];
  static override args = {
    name: Args.string({ required: true, description: 'Common name of the certificate.' }),
  };

  async run(): Promise<ApiCert> {
    const { args } = await this.parse(CertsInfo);
    const { api } = await this.session();
    const path = `certs/${encodeURIComponent(args.name)}`;
    const cert = await api.get<ApiCert>(path, this.signal);
    const { owner, expires, created, updated } = cert;
    this.log(heading(`${cert.common_name} Certificate`));
    this.lines(fieldLines({ owner, expires, created, updated }));
    return cert;
  }
}

// deis certs:list

import { certLines } from '../../client/lists.ts';
import type { ApiCert } from '../../client/types.ts';
import { DeisCommand, limitFlag } from '../command.ts';

export default class CertsList extends DeisCommand {
  static override summary = 'List your certificates.';
  static override aliases = ['certs'];
  static override examples = ['<%= config.bin %> certs'];
  static override flags = { ...limitFlag };

  async run(): Promise<ApiCert[]> {
    const { flags } = await this.parse(CertsList);
    const { api } = await this.session();
    const { results } = await api.list<ApiCert>('certs/', flags.limit, this.signal);
    if (results.length === 0) this.log('No certs');
    else this.lines(certLines(results));
    return results;
  }
}

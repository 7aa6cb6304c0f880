// deis certs:list

import type { ApiCert } from '../../client/types.ts';
import { table } from '../../table.ts';
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
    else {
      const rows = results.map(({ common_name: name, expires }) => [name, expires]);
      this.lines(table([['Common Name', 'Expires'], ...rows]));
    }
    return results;
  }
}

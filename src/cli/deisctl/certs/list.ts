// deisctl certs list

import { BaseCommand } from '../../base.ts';
import type { CertificateRow } from '../../certs/list.ts';

export default class CertsList extends BaseCommand {
  static override summary = 'List the certificates that the parts of the platform use.';
  static override description =
    'As each part itself says: until when its certificate holds, and whom it believes. Two authorities: `deisctl certs rotate` is under way, or was cut off.';
  static override examples = [
    '<%= config.bin %> certs list',
    '<%= config.bin %> certs list --json',
  ];
  static override enableJsonFlag = true;

  async run(): Promise<CertificateRow[]> {
    const { flags } = await this.parse(CertsList);
    const { certificateTable, readCertificates } = await import('../../certs/list.ts');
    const { registry } = await this.openCluster(flags);
    const rows = await readCertificates(registry, this.signal);
    for (const line of certificateTable(rows)) this.log(line);
    return rows;
  }
}

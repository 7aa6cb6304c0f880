// deisctl local status: what the machines of a local cluster are doing.
import type { LocalMachineStatus } from '../../../machines/local/status.ts';
import { table } from '../../table.ts';
import { LocalCommand } from './command.ts';

export default class LocalStatus extends LocalCommand {
  static override summary = 'Show the machines of a local cluster.';
  static override examples = [
    '<%= config.bin %> local status',
    '<%= config.bin %> local status --json',
  ];
  static override enableJsonFlag = true;

  async run(): Promise<LocalMachineStatus[]> {
    const { flags } = await this.parse(LocalStatus);
    const { localDoors, localStatus } = await import('../../../machines/local/status.ts');
    const rows = await localStatus(this.root, flags.name, this.signal);
    const cells = rows.map(({ name, ip, state, etcd, docker, deisd }) => [
      name,
      ip,
      state,
      etcd,
      docker ? 'answers' : '-',
      deisd ? 'active' : '-',
    ]);
    const head = ['MACHINE', 'IP', 'STATE', 'ETCD', 'DOCKER', 'DEISD'];
    for (const line of table([head, ...cells])) this.log(line);
    const doors = await localDoors(this.root, flags.name);
    const ports = doors && `http ${doors.http}, https ${doors.https}, ssh ${doors.ssh}`;
    this.log(`Doors on this computer: ${ports ?? 'closed (deisctl local up opens them)'}`);
    return rows;
  }
}

// deisctl doctor

import { BaseCommand } from '../base.ts';

/** One element of `findings` of `deisctl doctor --json`. */
interface Finding {
  fault: string;
  subject: string;
  says: string;
  because: string[];
  remedy: { says: string; commands: string[] };
  machines: string[];
  units: string[];
  apps: string[];
  /** It was seen twice, as it could have passed by itself. */
  settling: boolean;
  /** Index of the finding that explains this one. */
  cause?: number;
}

export default class Doctor extends BaseCommand {
  static override summary =
    'Find the first broken link of the cluster, and the command that mends it.';
  static override description =
    'Looks at etcd, machines, units, images, certificates, routes, disks and clocks on all machines, also while some of them do not answer. What may pass by itself is looked at twice. Exit status: 0 nothing is wrong, 1 something is.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --json'];
  static override enableJsonFlag = true;

  async run(): Promise<{ healthy: boolean; findings: Finding[]; notes: string[] }> {
    const { flags } = await this.parse(Doctor);
    const { examineCluster } = await import('../doctor/examine-cluster.ts');
    const { diagnosisText } = await import('../doctor/text.ts');
    const cluster = await this.openCluster(flags);
    const { facts, diagnosis } = await examineCluster(cluster, flags, this.signal);
    for (const line of diagnosisText(diagnosis, facts)) this.log(line);
    const healthy = diagnosis.findings.length === 0;
    if (!healthy) process.exitCode = 1;
    return { healthy, findings: diagnosis.findings, notes: diagnosis.notes };
  }
}

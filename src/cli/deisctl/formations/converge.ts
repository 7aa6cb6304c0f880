// deisctl formations converge

import { Args } from '@oclif/core';
import { DEFAULT_FORMATION } from '../../../model/formation.ts';
import type { NodeReport } from '../../formations/converge.ts';
import { timeoutFlag } from '../../waiting-flags.ts';
import { MachineCommand } from '../nodes/command.ts';

export default class FormationsConverge extends MachineCommand {
  static override summary =
    'Bring every machine of a formation to what is wanted of it, and report.';
  static override description =
    'Machines do so by themselves all the time; this waits for each, runtime layers before proxy layers. Exit status: 0 all are as wanted, 1 some are not.';
  static override examples = [
    '<%= config.bin %> formations converge',
    '<%= config.bin %> formations converge shop --json',
  ];
  static override enableJsonFlag = true;
  static override args = {
    id: Args.string({ description: 'The formation.', default: DEFAULT_FORMATION }),
  };
  static override flags = timeoutFlag(60, 'Seconds to wait for each machine.');

  async run(): Promise<NodeReport[]> {
    const { args, flags } = await this.parse(FormationsConverge);
    const { converge } = await import('../../formations/converge.ts');
    const operation = await this.operation(flags);
    const { machines } = await this.openCluster(flags);
    const needs = { operation, machines, timeout: flags.timeout * 1000 };
    const { reports, problem } = await converge(needs, args.id, this.signal);
    if (problem && !this.jsonEnabled()) throw problem;
    if (problem) {
      // The reports go to stdout all the same.
      this.logToStderr(`Error: ${problem.message}`);
      process.exitCode = 1;
    }
    return reports;
  }
}

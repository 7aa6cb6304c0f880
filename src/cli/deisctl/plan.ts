// deisctl plan

import { Flags } from '@oclif/core';
import { BaseCommand } from '../base.ts';
import { type PlanRow, planLines, planRows } from '../views/plan.ts';

export default class Plan extends BaseCommand {
  static override summary = 'Show what the scheduler would do next, now or if something happened.';
  static override description =
    'The scheduler’s own rules on a copy of the store; nothing is written. It is the first step: what follows depends on what machines report then.';
  static override examples = [
    '<%= config.bin %> plan',
    '<%= config.bin %> plan --drain deis-2',
    '<%= config.bin %> plan --lose deis-3 --json',
    '<%= config.bin %> plan --rebalance',
  ];
  static override enableJsonFlag = true;
  static override flags = {
    drain: Flags.string({ description: 'If this machine were drained.', helpValue: '<machine>' }),
    lose: Flags.string({ description: 'If this machine lost its power.', helpValue: '<machine>' }),
    rebalance: Flags.boolean({ description: 'If units were to be spread anew.' }),
  };

  async run(): Promise<PlanRow[]> {
    const { flags } = await this.parse(Plan);
    const [{ nextDecisions }, { machineCalled }, { readMachines }] = await Promise.all([
      import('../planning/next-decisions.ts'),
      import('../machines/orders.ts'),
      import('../views/read.ts'),
    ]);
    const { registry } = await this.openCluster(flags);
    const idOf = async (word: string | undefined): Promise<string | undefined> =>
      word === undefined ? undefined : (await machineCalled(registry, word, this.signal)).id;
    const whatIf = {
      drained: await idOf(flags.drain),
      lost: await idOf(flags.lose),
      rebalance: flags.rebalance,
    };
    const now = new Date().toISOString();
    const decisions = await nextDecisions(registry, whatIf, now, this.signal);
    const machines = await readMachines(registry, this.signal);
    const rows = planRows(decisions, new Map(machines.map(({ id, name }) => [id, name])));
    for (const line of planLines(rows)) this.log(line);
    return rows;
  }
}

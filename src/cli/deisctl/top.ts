// deisctl top

import { Flags } from '@oclif/core';
import { BaseCommand } from '../base.ts';
import { type Top as TopView, top, topLines } from '../views/top.ts';

const EVERY_MS = 2000;
/** Between the two looks that one answer needs. */
const APART_MS = 700;

export default class Top extends BaseCommand {
  static override summary = 'Watch machines and units: how busy they are, and what they use.';
  static override description =
    'CPU is per cent of one processor. On a terminal it goes on until Ctrl-C; elsewhere, or with --once, it is shown once.';
  static override examples = [
    '<%= config.bin %> top',
    '<%= config.bin %> top --all --once',
    '<%= config.bin %> top --json',
  ];
  static override enableJsonFlag = true;
  static override flags = {
    all: Flags.boolean({ char: 'a', description: 'Also units of apps and submitted units.' }),
    once: Flags.boolean({ description: 'Show it once.' }),
  };

  async run(): Promise<TopView> {
    const { flags } = await this.parse(Top);
    const [{ readLoads, readTop }, { pause }] = await Promise.all([
      import('../machines/loads.ts'),
      import('../pause.ts'),
    ]);
    const cluster = await this.openCluster(flags);
    const live = process.stdout.isTTY && !flags.once && !this.jsonEnabled();
    let before = await readLoads(cluster, this.signal);
    await pause(APART_MS, this.signal);
    for (;;) {
      const records = await readTop(cluster, flags.all, before, this.signal);
      const view = top(records);
      const rows = live ? (process.stdout.rows ?? 24) : Infinity;
      if (live) process.stdout.write('\u001B[H\u001B[2J');
      for (const line of topLines(view, rows)) this.log(line);
      if (!live) return view;
      before = records.loads;
      await pause(EVERY_MS, this.signal);
    }
  }
}

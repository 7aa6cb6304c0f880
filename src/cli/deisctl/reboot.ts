// deisctl reboot

import { Flags } from '@oclif/core';
import { DeisError } from '../../model/errors.ts';
import { BaseCommand } from '../base.ts';
import { timeoutFlag } from '../waiting-flags.ts';

/** Machines, all of them, or the turn: one of the three. */
export function saysOneThing(
  words: readonly string[],
  { all = false, release = false }: { all?: boolean; release?: boolean },
): boolean {
  return [words.length > 0, all, release].filter(Boolean).length === 1;
}

export default class Reboot extends BaseCommand {
  static override summary = 'Reboot machines one after the other, so that nobody notices.';
  static override description = `A machine is rebooted only while no other one is, when the store keeps a majority without it and every app has a healthy container elsewhere; what runs there moves first, new before old. The next one follows when it is back and well.
Machines ask for the same turn before they reboot for updates of their own.`;
  static override usage = ['reboot NODE|LAYER...', 'reboot --all', 'reboot --release'];
  static override examples = [
    '<%= config.bin %> reboot deis-2',
    '<%= config.bin %> reboot runtime --formation=shop',
    '<%= config.bin %> reboot --all',
  ];
  static override strict = false;
  static override flags = {
    all: Flags.boolean({ description: 'Every machine, of the formation if one is named.' }),
    formation: Flags.string({ description: 'Formation of the layers (the default one).' }),
    release: Flags.boolean({
      description: 'Take the turn back from a machine that will not come back.',
    }),
    ...timeoutFlag(600, 'Seconds until a machine must be back and well.'),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Reboot);
    const words = argv as string[];
    if (!saysOneThing(words, flags)) {
      throw new DeisError(
        'invalid',
        'say which machines',
        'deisctl reboot NODE|LAYER..., or --all',
      );
    }
    const { machinesMeant, rebootAll, releaseTurn } = await import('../machines/reboot.ts');
    const { registry, machines } = await this.openCluster(flags);
    if (flags.release) {
      const whose = await releaseTurn(registry, this.signal);
      this.log(whose === undefined ? 'nobody has the turn' : `${whose} has no turn any more`);
      return;
    }
    const meant = await machinesMeant(registry, words, flags.formation, this.signal);
    const timeout = flags.timeout * 1000;
    await rebootAll({ registry, machines, output: this.output, timeout }, meant, this.signal);
  }
}

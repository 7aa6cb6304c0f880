// deisctl certs rotate

import { Flags } from '@oclif/core';
import { MachineCommand } from '../nodes/command.ts';

export default class CertsRotate extends MachineCommand {
  static override summary = 'Give the cluster a new authority and all its parts new certificates.';
  static override description =
    'Everything goes on meanwhile. First all parts believe the new authority too, then each gets a certificate of it, then nobody believes the old one. A run that was cut off is taken up where it stopped by the next one. Certificates that were copied elsewhere are refused afterwards.';
  static override examples = [
    '<%= config.bin %> certs rotate',
    '<%= config.bin %> certs rotate --without=deis-3',
  ];
  static override flags = {
    without: Flags.string({
      description:
        'A machine that is away and misses the change; may be repeated. When it is back: certs reissue.',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(CertsRotate);
    const { context, progress } = await this.surroundings(flags);
    const { rotateAll } = await import('../../certs/rotate.ts');
    const { resumed } = await rotateAll(flags, context, flags.without, progress, this.signal);
    this.log(
      resumed
        ? 'what an earlier run began is finished: the old authority is believed no more'
        : 'all certificates are new, and the old authority is believed no more',
    );
  }
}

// deisctl certs reissue

import { Args } from '@oclif/core';
import { MachineCommand } from '../nodes/command.ts';

export default class CertsReissue extends MachineCommand {
  static override summary =
    'Give one machine, or the operator, new certificates of the same authority.';
  static override description =
    'For a machine that was away while the others changed, and for certificates that have ended or were damaged. It goes over SSH: the machine needs nobody who believes it, and what runs there goes on.';
  static override examples = [
    '<%= config.bin %> certs reissue deis-3',
    '<%= config.bin %> certs reissue operator',
  ];
  static override args = {
    who: Args.string({ required: true, description: 'Name or address of a machine; or operator.' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CertsReissue);
    const { context, progress } = await this.surroundings(flags);
    const { reissue } = await import('../../certs/rotate.ts');
    await reissue(flags, context, args.who, progress, this.signal);
    this.log(`${args.who} has new certificates`);
  }
}

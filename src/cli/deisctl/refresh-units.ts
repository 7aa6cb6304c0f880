// deisctl refresh-units

import { Flags } from '@oclif/core';
import { BaseCommand } from '../base.ts';

export default class RefreshUnits extends BaseCommand {
  static override summary = 'Overwrite local unit files with those of this version.';
  static override description = `Only needed to change them: "deisctl install" looks for unit files in $DEISCTL_UNITS, $HOME/.deis/units, and beside this program.
An own file is used from the next install or restart of its component on, and stays as it is when deisctl becomes newer.`;
  static override examples = [
    '<%= config.bin %> refresh-units',
    '<%= config.bin %> refresh-units -p ./units',
  ];
  static override flags = {
    path: Flags.string({
      char: 'p',
      description: 'Where to save unit files.',
      default: '$HOME/.deis/units',
      helpValue: '<target>',
    }),
    tag: Flags.string({
      char: 't',
      description: 'Version of the unit files; only that of this program can be had.',
      helpValue: '<tag>',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(RefreshUnits);
    const { refreshUnits } = await import('../platform/refresh-units.ts');
    await refreshUnits({ path: flags.path, tag: flags.tag }, this.output);
  }
}

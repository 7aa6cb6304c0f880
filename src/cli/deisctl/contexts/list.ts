// deisctl contexts list

import { BaseCommand } from '../../base.ts';
import type { ContextRow } from '../../contexts/contexts.ts';
import { table } from '../../table.ts';

export default class ContextsList extends BaseCommand {
  static override summary = 'List the clusters this deisctl knows; a star marks the current one.';
  static override examples = [
    '<%= config.bin %> contexts list',
    '<%= config.bin %> contexts list --json',
  ];
  static override aliases = ['contexts'];
  static override enableJsonFlag = true;

  async run(): Promise<ContextRow[]> {
    await this.parse(ContextsList);
    const { listContexts } = await import('../../contexts/contexts.ts');
    const rows = await listContexts();
    const lines = rows.map(({ name, current, way }) => [current ? '*' : '', name, way]);
    for (const line of table([['', 'NAME', 'WAY'], ...lines])) this.log(line);
    return rows;
  }
}

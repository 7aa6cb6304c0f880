// deis keys:list

import { heading } from '../../client/lists.ts';
import { shortKey } from '../../client/public-keys.ts';
import type { ApiKey } from '../../client/types.ts';
import { table } from '../../table.ts';
import { DeisCommand, limitFlag } from '../command.ts';

export default class KeysList extends DeisCommand {
  static override summary = 'List your SSH keys: those that may push.';
  static override aliases = ['keys'];
  static override examples = ['<%= config.bin %> keys'];
  static override flags = { ...limitFlag };

  async run(): Promise<ApiKey[]> {
    const { flags } = await this.parse(KeysList);
    const { api, settings } = await this.session();
    const { count, results } = await api.list<ApiKey>('keys/', flags.limit, this.signal);
    this.log(heading(`${settings.username} Keys`, results.length, count));
    this.lines(table(results.map((key) => [key.id, shortKey(key.public)])));
    return results;
  }
}

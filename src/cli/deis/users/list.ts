// deis users:list

import { heading } from '../../client/lists.ts';
import type { ApiUser } from '../../client/types.ts';
import { DeisCommand, limitFlag } from '../command.ts';

export default class UsersList extends DeisCommand {
  static override summary = 'List all users (administrators only).';
  static override aliases = ['users'];
  static override examples = ['<%= config.bin %> users'];
  static override enableJsonFlag = true;
  static override flags = { ...limitFlag };

  async run(): Promise<ApiUser[]> {
    const { flags } = await this.parse(UsersList);
    const { api } = await this.session();
    const page = await api.list<ApiUser>('users/', flags.limit, this.signal);
    this.log(heading('Users', page.results.length, page.count));
    this.lines(page.results.map(({ username }) => username));
    return page.results;
  }
}

// deis perms:list

import { heading } from '../../client/lists.ts';
import { DeisCommand, limitFlag } from '../command.ts';
import { permFlags } from './target.ts';

export default class PermsList extends DeisCommand {
  static override summary = 'List who shares an app, or who is an administrator.';
  static override aliases = ['perms', 'sharing', 'sharing:list'];
  static override examples = [
    '<%= config.bin %> perms -a hello',
    '<%= config.bin %> perms:list --admin',
  ];
  static override flags = { ...permFlags, ...limitFlag };

  async run(): Promise<string[]> {
    const { flags } = await this.parse(PermsList);
    const session = await this.session();
    const { api } = session;
    if (flags.admin) {
      const path = 'admin/perms/';
      const page = await api.list<{ username: string }>(path, flags.limit, this.signal);
      const names = page.results.map(({ username }) => username);
      this.lines([heading('Administrators', names.length, page.count), ...names]);
      return names;
    }
    const app = await this.appOf(session, flags);
    const { users } = await api.get<{ users: string[] }>(`apps/${app}/perms/`, this.signal);
    this.lines([heading(`${app}'s Users`), ...users]);
    return users;
  }
}

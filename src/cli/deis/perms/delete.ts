// deis perms:delete

import { Args } from '@oclif/core';
import { DeisCommand } from '../command.ts';
import { permFlags } from './target.ts';

export default class PermsDelete extends DeisCommand {
  static override summary = 'Share an app with a user no more, or take back administration.';
  static override aliases = ['sharing:remove'];
  static override examples = [
    '<%= config.bin %> perms:delete bob -a hello',
    '<%= config.bin %> perms:delete bob --admin',
  ];
  static override args = { username: Args.string({ required: true, description: 'The user.' }) };
  static override flags = { ...permFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PermsDelete);
    const session = await this.session();
    const { username } = args;
    const app = flags.admin ? undefined : await this.appOf(session, flags);
    const group = app === undefined ? 'system administrators' : `${app} collaborators`;
    const path = `${app === undefined ? 'admin/perms' : `apps/${app}/perms`}/${encodeURIComponent(username)}`;
    await this.waiting(
      `Removing ${username} from ${group}...`,
      session.api.delete(path, this.signal),
    );
  }
}

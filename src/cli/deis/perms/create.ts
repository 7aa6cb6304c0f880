// deis perms:create

import { Args } from '@oclif/core';
import { DeisCommand } from '../command.ts';
import { permFlags } from './target.ts';

export default class PermsCreate extends DeisCommand {
  static override summary = 'Share an app with a user, or make one an administrator.';
  static override aliases = ['sharing:add'];
  static override examples = [
    '<%= config.bin %> perms:create bob -a hello',
    '<%= config.bin %> perms:create bob --admin',
  ];
  static override args = { username: Args.string({ required: true, description: 'The user.' }) };
  static override flags = { ...permFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PermsCreate);
    const session = await this.session();
    const { username } = args;
    const app = flags.admin ? undefined : await this.appOf(session, flags);
    const group = app === undefined ? 'system administrators' : `${app} collaborators`;
    const path = app === undefined ? 'admin/perms/' : `apps/${app}/perms/`;
    await this.waiting(
      `Adding ${username} to ${group}...`,
      session.api.post(path, { username }, this.signal),
    );
  }
}

// deis auth:cancel

import { Flags } from '@oclif/core';
import { deleteSettings, settingsPath } from '../../client/settings-file.ts';
import { ask } from '../../client/prompt.ts';
import { DeisCommand } from '../command.ts';
import { askPassword, credentialFlags, signIn } from './sign-in.ts';

export default class AuthCancel extends DeisCommand {
  static override summary = 'Delete an account.';
  static override examples = [
    '<%= config.bin %> auth:cancel',
    '<%= config.bin %> auth:cancel --username=alice',
  ];
  static override flags = {
    ...credentialFlags,
    yes: Flags.boolean({ description: 'Do not ask.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AuthCancel);
    const session = await this.session();
    const username = flags.username ?? session.settings.username;
    const own = username === session.settings.username;
    if (!flags.yes) {
      const answer = await ask(
        `cancel account ${username} at ${session.settings.controller}? (y/N) `,
        {},
        this.signal,
      );
      if (!/^y/i.test(answer.trim())) this.usage('Account not changed');
    }
    let { api } = session;
    // The own account only goes with its password, so that a forgotten terminal cannot do it.
    if (own) {
      const password = await askPassword(flags.password, this.signal);
      const settings = await signIn(api, session.settings, username, password, this.signal);
      api = await this.controller(settings);
    }
    await api.delete('auth/cancel/', this.signal, own ? undefined : { username });
    if (own) await deleteSettings(settingsPath());
    this.log('Account cancelled');
  }
}

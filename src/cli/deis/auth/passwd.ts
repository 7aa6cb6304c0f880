// deis auth:passwd

import { Flags } from '@oclif/core';
import { DeisCommand } from '../command.ts';
import { askNewPassword, askPassword } from './sign-in.ts';

export default class AuthPasswd extends DeisCommand {
  static override summary = 'Change a password.';
  static override aliases = ['passwd'];
  static override examples = [
    '<%= config.bin %> passwd',
    '<%= config.bin %> passwd --username=alice',
  ];
  static override flags = {
    username: Flags.string({ description: 'Another user (administrators only).' }),
    password: Flags.string({ description: 'The present password; asked for when missing.' }),
    'new-password': Flags.string({ description: 'The new password; asked for when missing.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AuthPasswd);
    const { api } = await this.session();
    const { username } = flags;
    const password =
      username === undefined
        ? await askPassword(flags.password, this.signal, 'current password: ')
        : flags.password;
    const words = { what: 'new password', otherwise: 'not changing' };
    const fresh = await askNewPassword(flags['new-password'], this.signal, words);
    const body = {
      new_password: fresh,
      ...(password === undefined ? {} : { password }),
      ...(username === undefined ? {} : { username }),
    };
    await api.post('auth/passwd/', body, this.signal);
    this.log('Password change succeeded.');
  }
}

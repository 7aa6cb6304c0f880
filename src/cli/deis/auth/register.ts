// deis auth:register

import { Flags } from '@oclif/core';
import { readSettings, settingsPath } from '../../client/settings-file.ts';
import { ask } from '../../client/prompt.ts';
import { DeisCommand } from '../command.ts';
import {
  anonymousAt,
  askName,
  askNewPassword,
  controllerArg,
  credentialFlags,
  signIn,
  verifyFlag,
} from './sign-in.ts';

export default class AuthRegister extends DeisCommand {
  static override summary = 'Register a user and log in. The first user becomes administrator.';
  static override aliases = ['register'];
  static override examples = ['<%= config.bin %> register http://deis.paas.localhost'];
  static override args = controllerArg;
  static override flags = {
    ...credentialFlags,
    email: Flags.string({ description: 'Your e-mail address; asked for when missing.' }),
    ...verifyFlag,
  };

  async run(): Promise<{ username: string; controller: string }> {
    const { args, flags } = await this.parse(AuthRegister);
    const nobody = anonymousAt(args.controller, flags['ssl-verify']);
    if (!nobody) this.usage(`"${args.controller}" is not the address of a controller`);
    const stored = await readSettings(settingsPath());
    // An administrator may register others where registration is closed.
    const token = stored?.controller === nobody.controller ? stored.token : '';
    const api = await this.controller({ ...nobody, token });
    await api.probe(this.signal);
    const username = await askName(flags.username, this.signal);
    const words = { what: 'password', otherwise: 'aborting registration' };
    const password = await askNewPassword(flags.password, this.signal, words);
    const email = flags.email ?? (await ask('email: ', {}, this.signal));
    await api.post('auth/register/', { username, password, email }, this.signal);
    this.log(`Registered ${username}`);
    await signIn(await this.controller(nobody), nobody, username, password, this.signal);
    this.log(`Logged in as ${username}`);
    return { username, controller: nobody.controller };
  }
}

// deis auth:login

import { DeisCommand } from '../command.ts';
import {
  anonymousAt,
  askName,
  askPassword,
  controllerArg,
  credentialFlags,
  signIn,
  verifyFlag,
} from './sign-in.ts';

export default class AuthLogin extends DeisCommand {
  static override summary = 'Log in to a controller.';
  static override aliases = ['login'];
  static override examples = [
    '<%= config.bin %> login http://deis.paas.localhost',
    '<%= config.bin %> login deis.example.com --username=alice < password.txt',
  ];
  static override args = controllerArg;
  static override flags = { ...credentialFlags, ...verifyFlag };

  async run(): Promise<{ username: string; controller: string }> {
    const { args, flags } = await this.parse(AuthLogin);
    const nobody = anonymousAt(args.controller, flags['ssl-verify']);
    if (!nobody) this.usage(`"${args.controller}" is not the address of a controller`);
    const api = await this.controller(nobody);
    await api.probe(this.signal);
    const username = await askName(flags.username, this.signal);
    const password = await askPassword(flags.password, this.signal);
    await signIn(api, nobody, username, password, this.signal);
    this.log(`Logged in as ${username}`);
    return { username, controller: nobody.controller };
  }
}

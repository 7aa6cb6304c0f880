// deis registry:set

import { Args } from '@oclif/core';
import { DeisCommand, appFlag } from '../command.ts';

const NAMES = ['host', 'username', 'password'];

export default class RegistrySet extends DeisCommand {
  static override summary = "Set how an app's images are read from another registry.";
  static override description =
    'The password is kept sealed and never shown. A host without TLS is written http://host:port. With password=- it is read from the standard input.';
  static override examples = [
    '<%= config.bin %> registry:set host=quay.io username=ada password=secret -a hello',
    'cat token | <%= config.bin %> registry:set host=ghcr.io username=ada password=-',
  ];
  static override strict = false;
  static override args = {
    value: Args.string({ required: true, description: 'host=…, username=…, password=…' }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(RegistrySet);
    const body: Record<string, string> = {};
    for (const word of argv as string[]) {
      const split = word.indexOf('=');
      const name = word.slice(0, Math.max(split, 0));
      // The word may be a password: it is not repeated.
      if (!NAMES.includes(name)) this.usage(`Each value is one of ${NAMES.join('=…, ')}=….`);
      body[name] = word.slice(split + 1);
    }
    if (body['host'] === undefined) this.usage('host=… is missing.');
    if (body['password'] === '-') body['password'] = await readInput();
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const change = session.api.post(`/v2/apps/${app}/registry`, body, this.signal);
    await this.waiting(`Setting the login at ${body['host']} for ${app}...`, change);
  }
}

async function readInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text.replace(/\r?\n$/, '');
}

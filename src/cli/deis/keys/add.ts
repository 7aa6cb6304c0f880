// deis keys:add

import { Args } from '@oclif/core';
import { ask } from '../../client/prompt.ts';
import { type KeyFile, keysOfHome, readKey } from '../../client/public-keys.ts';
import type { ApiKey } from '../../client/types.ts';
import { DeisCommand } from '../command.ts';

export default class KeysAdd extends DeisCommand {
  static override summary = 'Add an SSH key: whoever has its private half may push as you.';
  static override description = 'Without a file, the public keys in ~/.ssh are offered.';
  static override examples = [
    '<%= config.bin %> keys:add',
    '<%= config.bin %> keys:add ~/.ssh/id_ed25519.pub',
  ];
  static override args = { key: Args.string({ description: 'File with the public key.' }) };

  async run(): Promise<ApiKey> {
    const { args } = await this.parse(KeysAdd);
    const { api } = await this.session();
    const key = args.key === undefined ? await this.#choose() : await readKey(args.key);
    const body = { id: key.id, public: key.text };
    return this.waiting(
      `Uploading ${key.name} to deis...`,
      api.post<ApiKey>('keys/', body, this.signal),
    );
  }

  async #choose(): Promise<KeyFile> {
    const found = await keysOfHome();
    this.logToStderr('Found the following SSH public keys:');
    found.forEach(({ name, id }, index) => this.logToStderr(`${index + 1}) ${name} ${id}`));
    this.logToStderr('0) Enter path to pubfile (or use keys:add <key_path>)');
    const answer = await ask('Which would you like to use with Deis? ', {}, this.signal);
    if (answer.trim() === '0') {
      return readKey((await ask('Enter the path to the pubkey file: ', {}, this.signal)).trim());
    }
    const chosen = found[Number(answer) - 1];
    if (!chosen) this.usage(`"${answer.trim()}" is not one of these numbers.`);
    return chosen;
  }
}

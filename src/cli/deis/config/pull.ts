// deis config:pull

import { readFile, writeFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import { DeisError } from '../../../model/errors.ts';
import { isMissing } from '../../../model/missing.ts';
import { parseConfig } from '../../client/arguments.ts';
import { envFileText, envFileWords } from '../../client/env-file.ts';
import { ask } from '../../client/prompt.ts';
import type { ApiConfig } from '../../client/types.ts';
import { DeisCommand, appFlag } from '../command.ts';

const FILE = '.env';

export default class ConfigPull extends DeisCommand {
  static override summary = 'Write the config values of an app to the file .env.';
  static override examples = [
    '<%= config.bin %> config:pull -a hello',
    '<%= config.bin %> config:pull -o',
  ];
  static override flags = {
    ...appFlag,
    interactive: Flags.boolean({ char: 'i', description: 'Ask for each value that would change.' }),
    overwrite: Flags.boolean({ char: 'o', description: 'Replace the file when there is one.' }),
  };

  async run(): Promise<Record<string, string>> {
    const { flags } = await this.parse(ConfigPull);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const { values } = await session.api.get<ApiConfig>(`apps/${app}/config/`, this.signal);
    const present = await this.#present();
    if (present && !flags.overwrite && !flags.interactive) {
      throw new DeisError(
        'conflict',
        `the file ${FILE} exists already`,
        'Replace it with --overwrite, or decide value by value with --interactive.',
      );
    }
    const wanted = flags.interactive ? await this.#choose(present ?? {}, values) : values;
    // Config values are secrets: for the owner's eyes only.
    await writeFile(FILE, envFileText(wanted), { mode: 0o600 });
    this.log(`${Object.keys(wanted).length} values written to ${FILE}`);
    return wanted;
  }

  async #present(): Promise<Record<string, string> | undefined> {
    try {
      const words = envFileWords(await readFile(FILE, 'utf8'));
      return this.accept(parseConfig(words)).values;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #choose(
    present: Record<string, string>,
    pulled: Record<string, string>,
  ): Promise<Record<string, string>> {
    const chosen = { ...present };
    for (const [name, value] of Object.entries(pulled)) {
      if (present[name] === value) continue;
      if (present[name] !== undefined) {
        const answer = await ask(`${name}: take the app's value? (y/N) `, {}, this.signal);
        if (!/^y/i.test(answer.trim())) continue;
      }
      chosen[name] = value;
    }
    return chosen;
  }
}

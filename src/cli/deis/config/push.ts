// deis config:push

import { readFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import { DeisError } from '../../../model/errors.ts';
import { parseConfig } from '../../client/arguments.ts';
import { envFileWords } from '../../client/env-file.ts';
import { appFlag, dryRunFlag } from '../command.ts';
import { ConfigCommand, type ConfigValues } from './change.ts';

export default class ConfigPush extends ConfigCommand {
  static override summary = 'Set all values of a .env file in an app.';
  static override examples = ['<%= config.bin %> config:push -a hello --path=.env'];
  static override flags = {
    ...appFlag,
    ...dryRunFlag,
    path: Flags.string({ char: 'p', description: 'The file.', default: '.env' }),
  };

  async run(): Promise<ConfigValues> {
    const { flags } = await this.parse(ConfigPush);
    const { values } = this.accept(parseConfig(envFileWords(await this.#read(flags.path))));
    return this.change('Creating config...', flags, values);
  }

  async #read(path: string): Promise<string> {
    try {
      return await readFile(path, 'utf8');
    } catch (cause) {
      const hint = 'Make one from the app: deis config:pull';
      throw new DeisError('not-found', `the file ${path} cannot be read`, hint, { cause });
    }
  }
}

// deis auth:regenerate

import { Flags } from '@oclif/core';
import { saveSettings, settingsPath } from '../../client/settings-file.ts';
import { DeisCommand } from '../command.ts';

export default class AuthRegenerate extends DeisCommand {
  static override summary = 'Replace a token: the old one stops working at once.';
  static override examples = ['<%= config.bin %> auth:regenerate'];
  static override flags = {
    username: Flags.string({ char: 'u', description: 'Another user (administrators only).' }),
    all: Flags.boolean({
      description: 'Of all users (administrators only).',
      exclusive: ['username'],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AuthRegenerate);
    const { api, settings } = await this.session();
    const own = !flags.all && flags.username === undefined;
    const body = flags.all ? { all: true } : own ? {} : { username: flags.username };
    const { token } = await api.post<{ token: string }>('auth/tokens/', body, this.signal);
    if (own) await saveSettings(settingsPath(), { ...settings, token });
    this.log('Token Regenerated');
  }
}

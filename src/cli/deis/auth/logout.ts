// deis auth:logout

import { deleteSettings, settingsPath } from '../../client/settings-file.ts';
import { DeisCommand } from '../command.ts';

export default class AuthLogout extends DeisCommand {
  static override summary = 'Log out: forget the token on this computer.';
  static override aliases = ['logout'];
  static override examples = ['<%= config.bin %> logout'];

  async run(): Promise<void> {
    await this.parse(AuthLogout);
    await deleteSettings(settingsPath());
    this.log('Logged out');
  }
}

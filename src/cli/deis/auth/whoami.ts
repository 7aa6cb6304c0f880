// deis auth:whoami

import { DeisCommand } from '../command.ts';

export default class AuthWhoami extends DeisCommand {
  static override summary = 'Say who is logged in, and where.';
  static override aliases = ['whoami'];
  static override examples = ['<%= config.bin %> whoami'];

  async run(): Promise<void> {
    await this.parse(AuthWhoami);
    const { settings } = await this.session();
    this.log(`You are ${settings.username} at ${settings.controller}`);
  }
}

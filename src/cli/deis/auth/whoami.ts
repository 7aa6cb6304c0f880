// deis auth:whoami

import { DeisCommand } from '../command.ts';

export default class AuthWhoami extends DeisCommand {
  static override summary = 'Say who is logged in, and where.';
  static override aliases = ['whoami'];
  static override examples = ['<%= config.bin %> whoami'];

  async run(): Promise<{ username: string; controller: string }> {
    await this.parse(AuthWhoami);
    const { settings } = await this.session();
    const { username, controller } = settings;
    this.log(`You are ${username} at ${controller}`);
    return { username, controller };
  }
}

// deis apps:destroy

import { Flags } from '@oclif/core';
import { removeRemotes } from '../../client/git.ts';
import { ask } from '../../client/prompt.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class AppsDestroy extends DeisCommand {
  static override summary = 'Destroy an app: its containers, releases and settings.';
  static override aliases = ['destroy'];
  static override examples = ['<%= config.bin %> destroy -a hello --confirm=hello'];
  static override flags = {
    ...appFlag,
    confirm: Flags.string({ description: 'The app’s name, instead of being asked for it.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AppsDestroy);
    const session = await this.session();
    const id = await this.appOf(session, flags);
    const typed = flags.confirm ?? (await this.#ask(id));
    if (typed.trim() !== id)
      this.usage(`App ${id} does not match confirm ${typed.trim()}, aborting.`);
    const began = performance.now();
    this.log(`Destroying ${id}...`);
    await session.api.delete(`apps/${id}/`, this.signal);
    this.log(`done in ${Math.floor((performance.now() - began) / 1000)}s`);
    if (flags.app !== undefined) return;
    const { hostname } = new URL(session.settings.controller);
    for (const name of await removeRemotes(process.cwd(), hostname, id)) {
      this.log(`Git remote ${name} removed`);
    }
  }

  async #ask(id: string): Promise<string> {
    this.logToStderr(' !    WARNING: Potentially Destructive Action');
    this.logToStderr(` !    This command will destroy the application: ${id}`);
    this.logToStderr(` !    To proceed, type "${id}" or re-run this command with --confirm=${id}`);
    return ask('> ', {}, this.signal);
  }
}

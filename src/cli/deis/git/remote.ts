// deis git:remote

import { Flags } from '@oclif/core';
import { addRemote } from '../../client/git.ts';
import { remoteFor } from '../../client/remote-for.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class GitRemote extends DeisCommand {
  static override summary = 'Add the git remote of an app to this repository.';
  static override examples = ['<%= config.bin %> git:remote -a hello'];
  static override flags = {
    ...appFlag,
    remote: Flags.string({ char: 'r', description: 'Name of the git remote.', default: 'deis' }),
  };

  async run(): Promise<{ remote: string; url: string }> {
    const { flags } = await this.parse(GitRemote);
    const session = await this.session();
    const id = await this.appOf(session, flags);
    const url = await remoteFor(session, id, this.signal);
    await addRemote(process.cwd(), flags.remote, url);
    this.log(`Git remote ${flags.remote} added`);
    this.log(`remote available at ${url}`);
    return { remote: flags.remote, url };
  }
}

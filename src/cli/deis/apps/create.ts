// deis apps:create

import { Args, Flags } from '@oclif/core';
import { addRemote, readRemotes } from '../../client/git.ts';
import type { ApiApp } from '../../client/types.ts';
import { remoteFor } from '../../client/remote-for.ts';
import { DeisCommand } from '../command.ts';

export default class AppsCreate extends DeisCommand {
  static override summary = 'Create an app.';
  static override description =
    'Without a name it gets one. In a git repository, a remote to push to is added.';
  static override aliases = ['create'];
  static override examples = [
    '<%= config.bin %> create',
    '<%= config.bin %> apps:create hello --no-remote',
  ];
  static override args = { id: Args.string({ description: 'Name of the app.' }) };
  static override flags = {
    'no-remote': Flags.boolean({ description: 'Do not add a git remote.' }),
    remote: Flags.string({ char: 'r', description: 'Name of the git remote.', default: 'deis' }),
    formation: Flags.string({ description: 'Formation to run in (the default one).' }),
    buildpack: Flags.string({ char: 'b', description: 'URL of a buildpack to build with.' }),
  };

  async run(): Promise<ApiApp> {
    const { args, flags } = await this.parse(AppsCreate);
    const session = await this.session();
    const body = {
      ...(args.id !== undefined && { id: args.id }),
      ...(flags.formation !== undefined && { formation: flags.formation }),
    };
    const app = await this.waiting(
      'Creating Application...',
      session.api.post<ApiApp>('apps/', body, this.signal),
      ({ id }) => `done, created ${id}`,
    );
    if (flags.buildpack !== undefined) {
      const values = { BUILDPACK_URL: flags.buildpack };
      await session.api.post(`apps/${app.id}/config/`, { values }, this.signal);
    }
    const url = await remoteFor(session, app.id, this.signal);
    const inRepository = (await readRemotes(process.cwd())) !== undefined;
    if (flags['no-remote'] || !inRepository) {
      this.log(`remote available at ${url}`);
      this.log(
        `If you want to add a git remote for this app later, use \`deis git:remote -a ${app.id}\``,
      );
      return app;
    }
    await addRemote(process.cwd(), flags.remote, url);
    this.log(`Git remote ${flags.remote} added`);
    this.log(`remote available at ${url}`);
    return app;
  }
}

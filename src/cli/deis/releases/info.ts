// deis releases:info

import { Args } from '@oclif/core';
import { parseVersion } from '../../client/arguments.ts';
import { fieldLines, heading } from '../../client/lists.ts';
import type { ApiRelease } from '../../client/types.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class ReleasesInfo extends DeisCommand {
  static override summary = 'Show one release of an app.';
  static override examples = ['<%= config.bin %> releases:info v3 -a hello'];
  static override args = {
    version: Args.string({ required: true, description: 'The release: v3.' }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<ApiRelease> {
    const { args, flags } = await this.parse(ReleasesInfo);
    const { version } = this.accept(parseVersion(args.version));
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `apps/${app}/releases/v${version}/`;
    const release = await session.api.get<ApiRelease>(path, this.signal);
    const { build, config, owner, created, summary, updated, uuid } = release;
    this.log(heading(`${app} Release v${release.version}`));
    this.lines(
      fieldLines({ ...(build && { build }), config, owner, created, summary, updated, uuid }),
    );
    return release;
  }
}

// deis releases:rollback

import { Args } from '@oclif/core';
import { parseVersion } from '../../client/arguments.ts';
import { DeisCommand, appFlag, dryRunFlag } from '../command.ts';

export default class ReleasesRollback extends DeisCommand {
  static override summary = 'Go back to an earlier release, as a new release.';
  static override description = 'Without a version, the release before the present one.';
  static override aliases = ['rollback'];
  static override examples = ['<%= config.bin %> rollback v2 -a hello'];
  static override args = { version: Args.string({ description: 'The release: v2.' }) };
  static override flags = { ...appFlag, ...dryRunFlag };

  async run(): Promise<{ version: number }> {
    const { args, flags } = await this.parse(ReleasesRollback);
    const wanted = args.version === undefined ? {} : this.accept(parseVersion(args.version));
    const { version: target }: { version?: number } = wanted;
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const to = target === undefined ? 'one release' : `to v${target}`;
    const path = `apps/${app}/releases/rollback/`;
    return this.waiting(
      `Rolling back ${to}...`,
      session.api.post<{ version: number }>(path, wanted, this.signal),
      ({ version }) => `done, v${version}`,
    );
  }
}

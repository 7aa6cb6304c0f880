// deis builds:info

import { Args } from '@oclif/core';
import { fieldLines, heading } from '../../client/lists.ts';
import type { ApiBuildDetails } from '../../client/types.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class BuildsInfo extends DeisCommand {
  static override summary = 'Show a build: what it was made from and which releases run it.';
  static override examples = [
    '<%= config.bin %> builds:info -a hello',
    '<%= config.bin %> builds:info 4a8b0f9e-2d0c-4e55-8f11-0f8a3c1f9b7d -a hello',
  ];
  static override args = {
    build: Args.string({ default: 'latest', description: 'Its id, as `builds:list` shows it.' }),
  };
  static override flags = { ...appFlag };
  static override enableJsonFlag = true;

  async run(): Promise<ApiBuildDetails> {
    const { args, flags } = await this.parse(BuildsInfo);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/builds/${encodeURIComponent(args.build)}`;
    const build = await session.api.get<ApiBuildDetails>(path, this.signal);
    const { uuid, owner, image, reference, sha, kind = 'image', slug, log, created } = build;
    const releases = build.releases.map((version) => `v${version}`).join(', ');
    const types = Object.keys(build.procfile).join(', ');
    this.log(heading(`${app} Build`));
    this.lines(
      fieldLines({
        uuid,
        owner,
        created,
        kind,
        image,
        reference,
        commit: sha || null,
        'process types': types || null,
        releases: releases || null,
        slug: slug ?? null,
        log: log ?? null,
      }),
    );
    return build;
  }
}

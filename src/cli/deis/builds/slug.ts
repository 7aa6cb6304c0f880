// deis builds:slug

import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Args, Flags } from '@oclif/core';
import { DeisCommand, appFlag } from '../command.ts';

export default class BuildsSlug extends DeisCommand {
  static override summary = 'Download the slug of a build: /app as a gzipped tar.';
  static override examples = [
    '<%= config.bin %> builds:slug -a hello',
    '<%= config.bin %> builds:slug -a hello -o - | tar -tz',
  ];
  static override args = {
    build: Args.string({ default: 'latest', description: 'Its id, as `builds:list` shows it.' }),
  };
  static override flags = {
    ...appFlag,
    output: Flags.string({
      char: 'o',
      description: 'File to write, `-` for standard output; <app>.tgz by default.',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(BuildsSlug);
    const { byteStream } = await import('../../client/byte-stream.ts');
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/builds/${encodeURIComponent(args.build)}/slug`;
    const bytes = byteStream(session.settings, path, this.signal);
    const output = flags.output ?? `${app}.tgz`;
    if (output === '-') return pipeline(bytes, process.stdout, { end: false });
    const part = `${output}.part`;
    try {
      await pipeline(bytes, createWriteStream(part));
      await rename(part, output);
    } finally {
      await rm(part, { force: true });
    }
    this.log(`Slug of ${app} in ${output}`);
  }
}

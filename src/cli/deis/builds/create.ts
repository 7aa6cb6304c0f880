// deis builds:create

import { readFile } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import { ifMissing } from '../../../model/missing.ts';
import { parseProcfile } from '../../client/arguments.ts';
import type { ApiBuild } from '../../client/types.ts';
import { DeisCommand, appFlag, dryRunFlag } from '../command.ts';

export default class BuildsCreate extends DeisCommand {
  static override summary = 'Deploy an image that exists already.';
  static override description =
    'Process types come from --procfile, else from ./Procfile; without either, the image’s own command runs.';
  static override aliases = ['pull'];
  static override examples = [
    '<%= config.bin %> pull registry.example.com/hello:1.2 -a hello',
    "<%= config.bin %> builds:create hello:2 -a hello --procfile='web: npm start'",
  ];
  static override args = {
    image: Args.string({ required: true, description: 'Name of the image, as Docker knows it.' }),
  };
  static override flags = {
    ...appFlag,
    ...dryRunFlag,
    procfile: Flags.string({ char: 'p', description: 'Process types, `type: command` per line.' }),
  };

  async run(): Promise<ApiBuild> {
    const { args, flags } = await this.parse(BuildsCreate);
    const text = flags.procfile ?? (await readFile('Procfile', 'utf8').catch(ifMissing(undefined)));
    const parsed = text === undefined ? {} : this.accept(parseProcfile(text));
    const session = await this.session();
    const id = await this.appOf(session, flags);
    const body = { image: args.image, ...parsed };
    return this.waiting(
      'Creating build...',
      session.api.post<ApiBuild>(`apps/${id}/builds/`, body, this.signal),
    );
  }
}

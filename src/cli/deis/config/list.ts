// deis config:list

import { Flags } from '@oclif/core';
import { heading, onelineConfig, pairLines } from '../../client/lists.ts';
import type { ApiConfig } from '../../client/types.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class ConfigList extends DeisCommand {
  static override summary = 'List the config values of an app.';
  static override aliases = ['config'];
  static override examples = [
    '<%= config.bin %> config -a hello',
    '<%= config.bin %> config:list --oneline',
  ];
  static override enableJsonFlag = true;
  static override flags = {
    ...appFlag,
    oneline: Flags.boolean({ description: 'All on one line, KEY=value.' }),
  };

  async run(): Promise<Record<string, string>> {
    const { flags } = await this.parse(ConfigList);
    const session = await this.session();
    const id = await this.appOf(session, flags);
    const { values } = await session.api.get<ApiConfig>(`apps/${id}/config/`, this.signal);
    if (flags.oneline) this.log(onelineConfig(values));
    else this.lines([heading(`${id} Config`), ...pairLines(values)]);
    return values;
  }
}

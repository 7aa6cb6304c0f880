// deis routing:set

import { readFile } from 'node:fs/promises';
import { Args } from '@oclif/core';
import { ROUTING_SETTINGS } from '../../../model/app-routing.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class RoutingSet extends DeisCommand {
  static override summary = 'Change the way to an app: limits, who may use it, maintenance.';
  static override description = `In effect at once, without a release. A value @FILE is read from a file.

${ROUTING_SETTINGS.map(({ name, about, expected }) => `${name}: ${about} (${expected})`).join('\n')}`;
  static override examples = [
    '<%= config.bin %> routing:set bodySize=20m readTimeout=5m -a hello',
    '<%= config.bin %> routing:set maintenance=on maintenancePage=@sorry.html',
    '<%= config.bin %> routing:set basicAuth=ada:secret enforceHttps=on',
  ];
  static override strict = false;
  static override args = {
    setting: Args.string({ required: true, description: 'name=value (several may be given).' }),
  };
  static override flags = { ...appFlag };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(RoutingSet);
    const settings: Record<string, string> = {};
    for (const word of argv as string[]) {
      const split = word.indexOf('=');
      if (split < 1) this.usage('Each setting is name=value, such as bodySize=20m.');
      const value = word.slice(split + 1);
      const isFile = value.startsWith('@');
      settings[word.slice(0, split)] = isFile ? await readFile(value.slice(1), 'utf8') : value;
    }
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const change = session.api.post(`/v2/apps/${app}/routing`, { settings }, this.signal);
    await this.waiting(`Changing the routing of ${app}...`, change);
  }
}

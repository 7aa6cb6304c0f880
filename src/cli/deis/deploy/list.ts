// deis deploy:list

import type { Page } from '../../client/controller.ts';
import { type ApiPastDeployment, lasted, versions } from '../../client/deployments.ts';
import { heading } from '../../client/lists.ts';
import { table } from '../../table.ts';
import { DeisCommand, appFlag, limitFlag } from '../command.ts';

export default class DeployList extends DeisCommand {
  static override summary = 'List the deployments of an app that have ended, newest first.';
  static override aliases = ['deployments'];
  static override examples = ['<%= config.bin %> deployments -a hello'];
  static override flags = { ...appFlag, ...limitFlag };

  async run(): Promise<ApiPastDeployment[]> {
    const { flags } = await this.parse(DeployList);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/deployments`;
    const page: Page<ApiPastDeployment> = await session.api.list(path, flags.limit, this.signal);
    const rows = page.results.map((past) => [
      past.began,
      past.kind,
      versions(past),
      past.user,
      past.step,
      lasted(past),
      (past.failure ?? past.reason).split('\n')[0]!,
    ]);
    const title = heading(`${app} Deployments`, page.results.length, page.count);
    this.lines([title, ...table(rows)]);
    return page.results;
  }
}

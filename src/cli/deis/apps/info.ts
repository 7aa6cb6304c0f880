// deis apps:info

import type { Controller } from '../../client/controller.ts';
import { fieldLines, heading, processLines } from '../../client/lists.ts';
import type { ApiApp, ApiContainer, ApiDomain } from '../../client/types.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class AppsInfo extends DeisCommand {
  static override summary = 'Show an app: its address, processes and domains.';
  static override aliases = ['info'];
  static override examples = ['<%= config.bin %> info', '<%= config.bin %> apps:info -a hello'];
  static override flags = { ...appFlag };

  async run(): Promise<ApiApp & { processes: ApiContainer[]; domains: string[] }> {
    const { flags } = await this.parse(AppsInfo);
    const session = await this.session();
    const id = await this.appOf(session, flags);
    const app = await session.api.get<ApiApp>(`apps/${id}/`, this.signal);
    const { updated, uuid, created, url, owner } = app;
    this.log(heading(`${app.id} Application`));
    this.lines(fieldLines({ updated, uuid, created, url, owner, id: app.id }));
    this.log();
    const processes = await this.#processes(session.api, id);
    this.log();
    return { ...app, processes, domains: await this.#domains(session.api, id) };
  }

  async #processes(api: Controller, id: string): Promise<ApiContainer[]> {
    const page = await api.list<ApiContainer>(`apps/${id}/containers/`, undefined, this.signal);
    this.log(heading(`${id} Processes`, page.results.length, page.count));
    this.lines(processLines(page.results));
    return page.results;
  }

  async #domains(api: Controller, id: string): Promise<string[]> {
    const page = await api.listIfKnown<ApiDomain>(`apps/${id}/domains/`, this.signal);
    if (!page) return [];
    this.log(heading(`${id} Domains`, page.results.length, page.count));
    const domains = page.results.map(({ domain }) => domain);
    this.lines(domains);
    this.log();
    return domains;
  }
}

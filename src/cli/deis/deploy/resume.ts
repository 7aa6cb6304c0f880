// deis deploy:resume

import type { ApiDeployment } from '../../client/deployments.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class DeployResume extends DeisCommand {
  static override summary = 'Try a deployment that has paused again (see policy:set autoRevert).';
  static override examples = ['<%= config.bin %> deploy:resume -a hello'];
  static override flags = { ...appFlag };

  async run(): Promise<ApiDeployment> {
    const { flags } = await this.parse(DeployResume);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/deployment/resume`;
    const change = session.api.post<ApiDeployment>(path, {}, this.signal);
    return this.waiting(`Resuming the deployment of ${app}...`, change, () => {
      return `it goes on: deis deploy:watch -a ${app}`;
    });
  }
}

// deis deploy:cancel

import type { ApiDeployment } from '../../client/deployments.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class DeployCancel extends DeisCommand {
  static override summary = 'Cancel the deployment that runs or has paused: what ran before stays.';
  static override examples = ['<%= config.bin %> deploy:cancel -a hello'];
  static override flags = { ...appFlag };

  async run(): Promise<ApiDeployment> {
    const { flags } = await this.parse(DeployCancel);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/deployment/cancel`;
    const change = session.api.post<ApiDeployment>(path, {}, this.signal);
    return this.waiting(`Cancelling the deployment of ${app}...`, change, ({ from }) => {
      return `done, v${from} stays`;
    });
  }
}

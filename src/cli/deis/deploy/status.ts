// deis deploy:status

import {
  type ApiDeployment,
  deploymentTitle,
  eventCells,
  nextStep,
} from '../../client/deployments.ts';
import { table } from '../../table.ts';
import { DeisCommand, appFlag } from '../command.ts';

export default class DeployStatus extends DeisCommand {
  static override summary = 'Show the deployment that runs, or the last one: its steps and why.';
  static override examples = ['<%= config.bin %> deploy:status -a hello'];
  static override flags = { ...appFlag };

  async run(): Promise<ApiDeployment> {
    const { flags } = await this.parse(DeployStatus);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/deployment`;
    const deployment = await session.api.get<ApiDeployment>(path, this.signal);
    this.lines([
      `=== ${app} ${deploymentTitle(deployment)}`,
      ...table(deployment.events.map(eventCells)),
      ...(deployment.failure === undefined ? [] : ['', deployment.failure]),
      ...nextStep(deployment, app),
    ]);
    return deployment;
  }
}

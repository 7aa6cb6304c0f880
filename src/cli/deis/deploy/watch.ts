// deis deploy:watch

import { DeisError } from '../../../model/errors.ts';
import {
  type ApiDeployment,
  deploymentTitle,
  eventCells,
  nextStep,
} from '../../client/deployments.ts';
import { pause } from '../../pause.ts';
import { table } from '../../table.ts';
import { DeisCommand, appFlag } from '../command.ts';

const EVERY_MS = 1000;

export default class DeployWatch extends DeisCommand {
  static override summary = 'Follow the deployment that runs until it has ended or paused.';
  static override description = 'Ends with 1 when it was reverted or has paused.';
  static override examples = ['<%= config.bin %> deploy:watch -a hello'];
  static override flags = { ...appFlag };

  async run(): Promise<ApiDeployment> {
    const { flags } = await this.parse(DeployWatch);
    const session = await this.session();
    const app = await this.appOf(session, flags);
    const path = `/v2/apps/${app}/deployment`;
    const told = new Set<string>();
    for (;;) {
      const deployment = await session.api.get<ApiDeployment>(path, this.signal);
      if (told.size === 0) this.log(`=== ${app} ${deploymentTitle(deployment)}`);
      const news = deployment.events.filter(({ at, step }) => !told.has(`${at} ${step}`));
      for (const { at, step } of news) told.add(`${at} ${step}`);
      this.lines(table(news.map(eventCells)));
      if (deployment.finished || deployment.step === 'paused') return this.#ended(app, deployment);
      await pause(EVERY_MS, this.signal);
    }
  }

  #ended(app: string, deployment: ApiDeployment): ApiDeployment {
    if (deployment.step === 'done') return deployment;
    this.lines(nextStep(deployment, app));
    throw new DeisError('refused', deployment.failure ?? `It ended ${deployment.step}.`);
  }
}

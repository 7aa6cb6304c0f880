// deisctl events

import { Flags } from '@oclif/core';
import { BaseCommand } from '../base.ts';
import type { ClusterEvent } from '../events/follow-events.ts';

export default class Events extends BaseCommand {
  static override summary = 'Show what was done lately; with -f also what happens, as it happens.';
  static override description =
    'Lately: changes that people made and deployments that ended. As it happens: machines, units, placements, the scheduler, deployments. With --json a line of JSON each.';
  static override examples = ['<%= config.bin %> events', '<%= config.bin %> events -f -n 0'];
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'Go on with new events until Ctrl-C.' }),
    json: Flags.boolean({ description: 'A line of JSON for each.' }),
    lines: Flags.integer({
      char: 'n',
      description: 'Last events to show.',
      default: 20,
      min: 0,
      max: 1000,
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Events);
    const [{ pastEvents }, { followEvents }] = await Promise.all([
      import('../events/past-events.ts'),
      import('../events/follow-events.ts'),
    ]);
    const { registry } = await this.openCluster(flags);
    const tell = (event: ClusterEvent): void => {
      const { at, topic, text } = event;
      const line = `${at.slice(0, 19)}Z  ${topic.padEnd(9)}  ${text}`;
      process.stdout.write(`${flags.json ? JSON.stringify(event) : line}\n`);
    };
    const past = flags.lines === 0 ? [] : await pastEvents(registry, flags.lines, this.signal);
    for (const event of past) tell(event);
    if (!flags.follow) return;
    await followEvents(registry.store, tell, this.signal);
    this.signal.throwIfAborted();
  }
}

// deisctl local doors: the process behind the doors of a local cluster. `up` starts it; nobody types it.
import { LocalCommand } from './command.ts';

export default class LocalDoors extends LocalCommand {
  static override summary = 'Serve the doors of a local cluster until told to stop.';
  static override hidden = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(LocalDoors);
    const { runDoors } = await import('../../../machines/local/run-doors.ts');
    await runDoors(this.root, flags.name, this.signal);
  }
}

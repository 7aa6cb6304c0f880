// Entry of the process behind the doors when it runs from source: `node doors-main.ts <checkout> <cluster>`.
import { runDoors } from './run-doors.ts';

const [, , root, name] = process.argv;
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await runDoors(root!, name!, stop.signal);

// Logs on real machines: nothing is lost while the logger is away, nobody's lines appear as another's, and a flood is its own app's.

import { awayFrom } from './away-logger.ts';
import { flooding } from './flood.ts';
import { platform } from './platform.ts';
import { tailing } from './tail.ts';

await platform();
const [endOfTail, away, flood] = await Promise.all([
  tailing(),
  awayFrom({ talk: 15, away: 8, kill: false }),
  flooding(),
]);
await away();
await endOfTail();
await flood();

// Logs on real machines: nothing is lost while the logger is away, nobody's lines appear as another's, and a flood is its own app's.

import { awayLogger } from './away-logger.ts';
import { flood } from './flood.ts';
import { tailing } from './tail.ts';

const endOfTail = await tailing();
await awayLogger({ talk: 20, away: 10, kill: false });
await endOfTail();
await flood();

// The logger on real machines: nothing is lost and nothing doubled while it is away.

import { awayLogger } from './away-logger.ts';

await awayLogger({ talk: 20, away: 10, kill: false });

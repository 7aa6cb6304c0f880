// The long form: the logger is away for a minute.

import { awayLogger } from '../away-logger.ts';

await awayLogger({ talk: 90, away: 60, kill: false });

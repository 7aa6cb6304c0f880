// The long form: the logger is away for a minute, then killed, while three machines say 1,000 lines a second; receivers over all
// three transports.

import { awayLogger } from '../away-logger.ts';

await awayLogger({ talk: 90, away: 60, kill: false, beside: ['tls', 'udp'] });
await awayLogger({ talk: 30, away: 0, kill: true, beside: ['tls'] });

// The scheduler's leader frozen for 30 s while 300 units are submitted.

process.env['DEIS_FROZEN_SECONDS'] = '30';
await import('../frozen-leader.ts');

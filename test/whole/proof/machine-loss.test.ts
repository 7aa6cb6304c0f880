// Each of the three machines in turn loses its power.

process.env['DEIS_EVERY_MACHINE'] = 'yes';
await import('../5-machine-loss.test.ts');

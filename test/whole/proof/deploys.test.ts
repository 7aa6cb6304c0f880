// A hundred deploys under load, and everything that changes routers and machines.

process.env['DEIS_DEPLOYS'] = '100';
process.env['DEIS_EVERY_CHANGE'] = 'yes';
await import('../7-deploys.test.ts');

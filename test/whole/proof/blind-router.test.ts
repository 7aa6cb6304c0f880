// A router that cannot read the store for two minutes.

process.env['DEIS_BLIND_SECONDS'] = '120';
await import('../blind-router.ts');

// All of etcd frozen for 60 s, and two minutes of watching after.

process.env['DEIS_ETCD_OUTAGE'] = 'frozen';
process.env['DEIS_ETCD_AWAY_SECONDS'] = '60';
process.env['DEIS_ETCD_AFTER_SECONDS'] = '120';
await import('../4-etcd-away.test.ts');

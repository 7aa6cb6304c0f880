// Every core of the box taken for a minute.

process.env['DEIS_BUSY_SECONDS'] = '60';
await import('../busy-box.ts');

// What a machine's files say about how busy it is.

import t from 'tap';
import { machineLoad } from '../../src/adapters/machine-load.ts';

void t.test('groups of both drivers of Docker, with and without memory counted', async (t) => {
  const root = t.testdir({
    proc: {
      meminfo: 'MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    250 kB\n',
      7: { statm: '100 20 5 0 0 0 0' },
      8: { statm: '100 30 5 0 0 0 0' },
    },
    sys: {
      fs: {
        cgroup: {
          'system.slice': {
            'docker-aaa.scope': {
              'cpu.stat': 'usage_usec 1234567\nuser_usec 1\n',
              'cgroup.procs': '7\n8\n9\n',
            },
          },
          docker: { bbb: { 'cpu.stat': 'usage_usec 5000\n', 'memory.current': '42\n' } },
        },
      },
    },
  });
  const containers = new Map([
    ['a.service', 'aaa'],
    ['b.service', 'bbb'],
    ['gone.service', 'ccc'],
  ]);
  const load = await machineLoad(containers, root);
  t.strictSame(load.memory, { total: 1_024_000, available: 256_000 });
  t.strictSame(load.units, {
    'a.service': { cpu: 1235, memory: 50 * 4096 },
    'b.service': { cpu: 5, memory: 42 },
  });
  t.ok(load.cpus > 0 && load.uptime > 0 && load.average.length === 3);
});

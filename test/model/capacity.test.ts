// What a unit reserves.

import t from 'tap';
import {
  bytesOn,
  formatBytes,
  parseCpuQuota,
  parseMemory,
  reservationOf,
} from '../../src/model/capacity.ts';

const service = (...lines: [name: string, value: string][]) => ({
  options: lines.map(([name, value]) => ({ section: 'Service', name, value })),
});

void t.test('memory as systemd writes it', async (t) => {
  t.equal(parseMemory('1024')?.memory, 1024);
  t.equal(parseMemory(' 1.5G ')?.memory, 1.5 * 1024 ** 3);
  t.equal(parseMemory('infinity')?.memory, 0);
  t.equal(parseMemory('25%')?.memoryShare, 0.25);
  t.equal(parseMemory('lots'), undefined);
});

void t.test('cpu quotas are parts of one cpu', async (t) => {
  t.equal(parseCpuQuota('20%'), 0.2);
  t.equal(parseCpuQuota('20'), undefined);
});

void t.test('the last line counts, and MemoryMax before MemoryLimit', async (t) => {
  t.equal(reservationOf(service(['MemoryMax', '1M'], ['MemoryMax', '2M'])).memory, 2 * 1024 ** 2);
  t.equal(reservationOf(service(['MemoryLimit', '1M'])).memory, 1024 ** 2);
  t.equal(reservationOf(service(['MemoryMax', '2K'], ['MemoryLimit', '1M'])).memory, 2048);
  t.equal(reservationOf(service()).memory, 0);
});

void t.test('a share is of the machine', async (t) => {
  t.equal(bytesOn(reservationOf(service(['MemoryMax', '50%'])), 8000), 4000);
});

void t.test('bytes for people', async (t) => {
  t.equal(formatBytes(512), '512');
  t.equal(formatBytes(1536 * 1024), '1.5M');
  t.equal(formatBytes(-5), '0');
});

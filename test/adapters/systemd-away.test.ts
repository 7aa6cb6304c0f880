// systemd's bus while it is not there, or breaks off in the middle: everything is told at once, nothing waits for ever.

import { createServer } from 'node:net';
import t from 'tap';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { SystemdUnits } from '../../src/adapters/systemd-units.ts';
import { UnitWitness } from '../ports/unit-manager.contract.ts';
import { keptLog, quiet } from './quiet-log.ts';

const signal = AbortSignal.timeout(60_000);
const directories = { root: '/nowhere', own: '/own', linked: '/linked', host: [] };

const unitsAt = (path: string, log = quiet): SystemdUnits =>
  new SystemdUnits({ address: `unix:path=${path}`, directories, clock: systemClock, log });

void t.test('no bus: unavailable, with a hint', async (t) => {
  const units = unitsAt('/tmp/deis-no-bus');
  const expected = { code: 'unavailable', hint: /systemctl status dbus/ };
  await t.rejects(units.version(signal), expected);
  await t.rejects(units.start('a.service', signal), expected);
  await t.rejects(units.status('a.service', signal), expected);
});

void t.test('a bus that hangs up on us', async (t) => {
  const path = `/tmp/deis-bad-bus-${process.pid}`;
  let calls = 0;
  const server = createServer((socket) => {
    calls += 1;
    socket.on('error', () => undefined);
    socket.once('data', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
  await t.rejects(unitsAt(path).list(['*'], signal), { code: 'unavailable' });
  t.equal(calls, 1);
});

void t.test('a watch tries on, says so in the log, and ends with its signal', async (t) => {
  const log = keptLog();
  const stop = new AbortController();
  const witness = new UnitWitness();
  const watching = unitsAt('/tmp/deis-no-bus', log).watch(witness, stop.signal);
  while (log.lines.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();
  await watching;
  t.strictSame(witness.said, []);
  t.match(log.lines, [{ level: 'warn', event: 'systemd not reached' }]);
});

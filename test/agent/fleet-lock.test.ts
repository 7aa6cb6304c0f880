// The door at which Zincati asks before it reboots a machine.

import { request } from 'node:http';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { serveFleetLock } from '../../src/agent/reboot/fleet-lock.ts';
import type { Reboots } from '../../src/agent/reboot/reboots.ts';
import { lab, log } from './reboot-lab.ts';

interface Asked {
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

const CLIENT = JSON.stringify({ client_params: { id: 'c988d2509fdf', group: 'default' } });

async function door(t: Test, reboots: Reboots) {
  const ending = new AbortController();
  t.teardown(() => ending.abort());
  const port = await new Promise<number>((resolve) => {
    const options = { reboots, port: 0, clock: systemClock, log };
    void serveFleetLock(options, ending.signal, resolve);
  });
  return ({ path, headers = { 'fleet-lock-protocol': 'true' }, body = CLIENT }: Asked) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const sent = request({ port, path, headers, method: 'POST', agent: false }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += String(chunk)));
        answer.on('end', () => resolve({ status: answer.statusCode!, body: text }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
}

void t.test('Zincati asks before it reboots and when it is back', async (t) => {
  const { on, done, turn } = await lab(t);
  const a = await door(t, on('a'));
  const b = await door(t, on('b'));
  t.equal((await a({ path: '/v1/steady-state' })).status, 200, 'it held nothing');
  t.equal((await a({ path: '/v1/pre-reboot' })).status, 200);
  t.equal((await a({ path: '/v1/pre-reboot' })).status, 200, 'recursive');
  t.equal(await turn(), 'a');
  const refused = await b({ path: '/v1/pre-reboot' });
  t.equal(refused.status, 409);
  t.match(JSON.parse(refused.body), { kind: 'conflict', value: /a has the turn/ });
  t.equal((await b({ path: '/v1/steady-state' })).status, 200, 'it is not its turn to give back');
  t.equal(await turn(), 'a');
  t.equal((await a({ path: '/v1/steady-state' })).status, 200);
  t.equal(await turn(), undefined);
  t.strictSame(done, ['a moves', 'a moves', 'a stays']);
});

void t.test('what is no question of the protocol changes nothing', async (t) => {
  const { on, done, turn } = await lab(t);
  const ask = await door(t, on('a'));
  t.equal((await ask({ path: '/v1/pre-reboot', headers: {} })).status, 400);
  for (const body of ['', '{', '{}', '[]', '{"client_params":{"id":7}}', 'x'.repeat(20_000)]) {
    t.equal((await ask({ path: '/v1/pre-reboot', body })).status, 400, body.slice(0, 30));
  }
  t.equal((await ask({ path: '/v1/reboot' })).status, 404);
  t.equal((await ask({ path: '/constructor' })).status, 404);
  t.strictSame(done, []);
  t.equal(await turn(), undefined);
});

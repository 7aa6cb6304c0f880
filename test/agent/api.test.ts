// The API of a machine and its client, over real mutual TLS.

import { connect } from 'node:tls';
import { once } from 'node:events';
import t from 'tap';
import { MachineClient } from '../../src/adapters/machine-client.ts';
import { createAuthority, issueCertificate, type KeyPair } from '../../src/adapters/pki.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { serveApi } from '../../src/agent/api/server.ts';
import { DeisError } from '../../src/model/errors.ts';
import type { LogLine, LogStore } from '../../src/ports/log-store.ts';
import type { MachineLoad } from '../../src/model/machine-load.ts';
import type { DiskReport } from '../../src/model/disk-report.ts';
import { readGarbageSettings } from '../../src/model/garbage-settings.ts';
import type { UnitState } from '../../src/model/unit.ts';
import { quiet } from '../adapters/quiet-log.ts';
import { examinationOf } from '../doctor/cluster.ts';

const notBefore = new Date(Date.now() - 60_000);
const notAfter = new Date(Date.now() + 3600_000);
const authority = await createAuthority('test', notBefore, notAfter);
const issue = (commonName: string, from: KeyPair = authority) =>
  issueCertificate(from, { commonName, hosts: ['127.0.0.1'], notBefore, notAfter });
const server = await issue('deisd');
const signal = AbortSignal.timeout(60_000);

const line = (text: string): LogLine => ({
  time: '1795316255503483',
  cursor: 's=1',
  app: 'hello',
  process: 'web.1',
  line: text,
});

/** Follows until it is told to stop, and remembers that it was. */
class PretendLogs implements LogStore {
  asked: unknown[] = [];
  stopped = 0;
  lines = [line('one'), line('€'.repeat(50_000))];

  async recent(query: object): Promise<LogLine[]> {
    this.asked.push(query);
    return this.lines;
  }

  async *journal(query: { follow: boolean }, given: AbortSignal): AsyncGenerator<string> {
    this.asked.push(query);
    yield 'Started thing\n';
    if (!query.follow) return;
    if (!given.aborted) await once(given, 'abort');
    this.stopped += 1;
  }

  async status(unit: string): Promise<string> {
    if (unit === 'bad') throw new DeisError('invalid', 'invalid unit name "bad"', 'Fix it.');
    if (unit === 'odd') throw new Error('secret detail');
    return `● ${unit}\n`;
  }
}

const STATE: UnitState = {
  load: 'loaded',
  active: 'active',
  sub: 'running',
  phase: 'running',
  health: 'none',
  revision: 1,
  hash: '',
  restarts: 0,
  crashes: 0,
  since: 0,
};

const LOAD: MachineLoad = {
  average: [1, 2, 3],
  cpus: 2,
  memory: { total: 100, available: 20 },
  uptime: 7,
  units: { 'a.service': { cpu: 5, memory: 6 } },
};
const DISK: DiskReport = {
  path: '/var/lib/docker',
  disk: { size: 100, free: 20 },
  settings: readGarbageSettings({}),
  lying: [],
};

const logs = new PretendLogs();
const stop = new AbortController();
const listening = Promise.withResolvers<number>();
let stayed = 0;
const serving = serveApi(
  {
    tls: { ...server, ca: authority.cert },
    host: '127.0.0.1',
    port: 0,
    logs,
    unitStates: () => ({ 'a.service': STATE }),
    load: () => Promise.resolve(LOAD),
    disk: () => Promise.resolve(DISK),
    examine: (targets) => Promise.resolve(examinationOf('one', targets)),
    reboot: async function* () {
      yield 'asking for the turn\n';
      await Promise.resolve();
      throw new DeisError('conflict', 'no healthy container elsewhere: blog.web', 'Wait.');
    },
    leave: async function* () {
      yield 'moving\n';
      yield 'nothing is left\n';
    },
    stay: () => (stayed += 1),
    clock: systemClock,
    log: quiet,
  },
  stop.signal,
  listening.resolve,
);
const api = `127.0.0.1:${await listening.promise}`;
const clientOf = async (name: string, from?: KeyPair): Promise<MachineClient> =>
  new MachineClient({ ca: authority.cert, ...(await issue(name, from)) });
const operator = await clientOf('operator');

void t.test('what it answers', async (t) => {
  t.equal(await operator.healthy(api, signal), true);
  const query = { app: 'hello', process: 'web', lines: 7 };
  t.strictSame(await operator.logs(api, query, signal), logs.lines);
  t.strictSame(logs.asked.pop(), query);
  t.equal(await operator.status(api, 'a.service', signal), '● a.service\n');
  t.strictSame(await operator.disk(api, signal), DISK);
  const targets = ['10.0.0.2:7600', '10.0.0.3:2379'];
  t.strictSame(await operator.examination(api, targets, signal), examinationOf('one', targets));
  await t.rejects(operator.examination(api, ['a b'], signal), { code: 'invalid' });
  t.strictSame(await operator.load(api, signal), LOAD);
  t.strictSame(await operator.unitStates(api, signal), { 'a.service': STATE });
  let text = '';
  const journal = { unit: 'a.service', lines: 5, follow: false };
  for await (const chunk of operator.journal(api, journal, signal)) text += chunk;
  t.equal(text, 'Started thing\n');
  t.strictSame(logs.asked.pop(), journal);
});

void t.test('a machine that is to be shut down', async (t) => {
  let told = '';
  for await (const text of operator.leave(api, signal)) told += text;
  t.equal(told, 'moving\nnothing is left\n');
  t.equal(await operator.stay(api, signal), 'this machine stays\n');
  t.equal(stayed, 1);
});

void t.test('a reboot that is refused says why as its last word', async (t) => {
  const news = [];
  for await (const one of operator.reboot(api, 'operator', signal)) news.push(one);
  t.strictSame(news, [
    { kind: 'progress', text: 'asking for the turn' },
    { kind: 'refused', problem: 'no healthy container elsewhere: blog.web', hint: 'Wait.' },
  ]);
});

void t.test('a followed journal ends on both sides when the client goes', async (t) => {
  const enough = new AbortController();
  const journal = { unit: 'a.service', lines: 5, follow: true };
  await t.rejects(async () => {
    for await (const chunk of operator.journal(api, journal, enough.signal)) {
      t.equal(chunk, 'Started thing\n');
      enough.abort(new Error('seen enough'));
    }
  }, new Error('seen enough'));
  for (let left = 200; logs.stopped === 0 && left > 0; left -= 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  t.equal(logs.stopped, 1);
});

void t.test(
  "a refusal arrives in the machine's words, an inner error without its detail",
  async (t) => {
    await t.rejects(operator.status(api, 'bad', signal), {
      code: 'invalid',
      message: 'invalid unit name "bad"',
      hint: 'Fix it.',
    });
    await t.rejects(operator.status(api, 'odd', signal), {
      code: 'internal',
      message: 'internal error',
    });
    await t.rejects(operator.logs(api, { app: 'hello', lines: 10_001 }, signal), {
      code: 'invalid',
    });
    await t.rejects(operator.logs(api, { app: 'hello', lines: 0 }, signal), { code: 'invalid' });
  },
);

void t.test('only operator, controller and deisd may ask', async (t) => {
  for (const name of ['operator', 'controller', 'deisd']) {
    t.equal(await (await clientOf(name)).healthy(api, signal), true, name);
  }
  for (const name of ['router', 'registry', 'builder', 'Operator', '']) {
    const client = await clientOf(name);
    await t.rejects(client.unitStates(api, signal), { code: 'forbidden' }, name);
  }
});

void t.test('without a certificate of the cluster there is no connection', async (t) => {
  const other = await createAuthority('other', notBefore, notAfter);
  const stranger = await clientOf('operator', other);
  await t.rejects(stranger.unitStates(api, signal), { code: 'unavailable' });
  t.equal(await stranger.healthy(api, signal), false);
  const [host, port] = api.split(':');
  const socket = connect({ host: host!, port: Number(port), ca: authority.cert });
  socket.on('error', () => undefined);
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  let heard = '';
  socket.on('data', (chunk) => (heard += String(chunk)));
  await new Promise((resolve) => socket.once('close', resolve));
  t.equal(heard, '');
});

void t.test('a machine that is away, and one that is silent', async (t) => {
  await t.rejects(operator.unitStates('127.0.0.1:1', signal), { code: 'unavailable' });
  t.equal(await operator.healthy('127.0.0.1:1', signal), false);
  const { createServer } = await import('node:net');
  const silent = createServer((socket) => socket.on('error', () => undefined));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  const before = performance.now();
  t.equal(await operator.healthy(`127.0.0.1:${port}`, signal), false);
  t.ok(performance.now() - before < 3000, 'a sign of life is waited for a second');
  silent.close();
});

void t.test('unknown paths and other methods', async (t) => {
  const { request } = await import('node:https');
  const mine = { ca: authority.cert, ...(await issue('operator')), agent: false };
  const statusOf = (method: string, path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const asked = request(`https://${api}${path}`, { ...mine, method }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asked.on('error', reject).end();
    });
  t.equal(await statusOf('GET', '/v1/nope'), 404);
  t.equal(await statusOf('GET', '/__proto__'), 404);
  t.equal(await statusOf('POST', '/healthz'), 404);
});

void t.test('it ends with its signal', async () => {
  stop.abort();
  await serving;
});

// The controller's side of `deis run`: v1's answer with all output at the end, and the stream of frames that newer clients use.

import http from 'node:http';
import type { Duplex } from 'node:stream';
import t, { type Test } from 'tap';
import { FrameStream } from '../../src/adapters/frame-stream.ts';
import { jsonPayload, parsePayload } from '../../src/model/frames.ts';
import { FRAME, RUN_PROTOCOL } from '../../src/model/run.ts';
import { keys } from '../../src/registry/keys.ts';
import { remove } from '../../src/registry/registry.ts';
import { type Setup, newcomer, setUp } from './api.ts';
import {
  type PretendRuns,
  bringUpMachines,
  err,
  exit,
  out,
  pretendRuns,
  says,
} from './pretend-runs.ts';

const signal = AbortSignal.timeout(120_000);
t.setTimeout(120_000);
const RUN = '/v1/apps/blog/run';

t.test('the answer of v1', { timeout: 60_000 }, async (t) => {
  const { setup, runs } = await withMachines(t);
  const { admin, first } = setup;
  t.same((await admin('POST', RUN, { command: 'ls' })).json, {
    detail: 'No build associated with this release to run this command',
  });
  await admin('POST', '/v1/apps/blog/builds/', { image: 'blog', procfile: { web: 'run' } });
  await admin('POST', '/v1/apps/blog/config/', {
    values: { GREETING: 'hi' },
    memory: { web: '256M', run: '128M' },
    cpu: { web: 512 },
  });

  runs.script = says(out('one '), err('two '), out('three ä'), exit(3));
  const reply = await admin('POST', RUN, { command: 'echo {a,b} "$X"' });
  t.equal(`${reply.status} ${reply.reason}`, '200 OK');
  t.same(reply.json, [3, 'one two three ä'], 'both streams in order');
  const { process, ...order } = runs.orders[0]!.order;
  t.match(order, { stdin: false, detach: false, timeout: 86_400 });
  t.match(process, { app: 'blog', release: 3, type: 'run', routed: false, cpuShares: 512 });
  t.equal(process.memory, 128 * 1024 ** 2, 'its own limit goes before that of web');
  t.equal(process.command?.at(-1), 'echo {a,b} "$X"', 'the line as it was typed');
  t.same(process.entrypoint, ['/bin/sh']);
  t.notMatch(JSON.stringify(order), 'hi', 'config values do not travel in orders');
  const trail = (await admin('GET', '/v2/apps/blog/trail')).json.results[0];
  t.match(trail, { user: 'ada', action: 'run', text: `ada runs 'echo {a,b} "$X"'` });
  const log = await admin('GET', '/v1/apps/blog/logs');
  t.match(log.text, /blog\[deis-controller\]: ada runs 'echo/);

  t.same((await admin('POST', RUN, {})).json, { command: ['This field is required.'] });
  const eve = await newcomer(first, 'eve');
  t.equal((await eve('POST', RUN, { command: 'ls' })).status, 403);
  await admin('POST', '/v1/apps/blog/perms/', { username: 'eve' });
  runs.script = says(exit(0));
  t.same((await eve('POST', RUN, { command: 'ls' })).json, [0, ''], 'collaborators may');
});

t.test('machines that do not do it', { timeout: 60_000 }, async (t) => {
  const { setup, runs } = await withMachines(t);
  const { admin } = setup;
  await admin('POST', '/v1/apps/blog/builds/', { image: 'blog', procfile: { web: 'run' } });

  runs.script = says(exit(0));
  await admin('POST', RUN, { command: 'ls' });
  const best = runs.orders.pop()!.api;
  runs.away.add(best);
  t.same((await admin('POST', RUN, { command: 'ls' })).json, [0, '']);
  t.not(runs.orders.pop()!.api, best, 'the next one takes it');

  runs.script = says(out('half a li'));
  const lost = await admin('POST', RUN, { command: 'ls' });
  t.equal(lost.status, 503, 'no exit code is no success');
  t.match(lost.json, { detail: /connection to the machine was lost/ });
  const failure = jsonPayload({ code: 'refused', message: 'Too many at once.', hint: 'Wait.' });
  runs.script = says([FRAME.failure, failure]);
  t.match((await admin('POST', RUN, { command: 'ls' })).json, {
    detail: 'Too many at once.\nWait.',
  });
  runs.script = says(...Array.from({ length: 33 }, () => out('x'.repeat(1024 * 1024))), exit(0));
  t.match((await admin('POST', RUN, { command: 'yes' })).json, { detail: /more than 32 MB/ });

  for (const api of ['m1', 'm2', 'm3']) runs.away.add(api);
  t.equal((await admin('POST', RUN, { command: 'ls' })).status, 503);
  await setup.cluster.registry.commit(
    [],
    ['m1', 'm2', 'm3'].map((id) => remove(keys.alive, [id])),
    signal,
  );
  const nowhere = await admin('POST', RUN, { command: 'ls' });
  t.match(nowhere.json.detail, /No machine may run it\.\nname-m1: it does not answer\n/);
});

t.test('frames both ways', { timeout: 60_000 }, async (t) => {
  const { setup, runs } = await withMachines(t);
  const { admin, adminToken, first } = setup;
  await admin('POST', '/v1/apps/blog/builds/', { image: 'blog', procfile: { web: 'run' } });
  for (const [token, path, status] of [
    ['nothing', '/v2/apps/blog/run', 401],
    [adminToken, '/v2/apps/nothing/run', 404],
    [adminToken, '/v2/apps/blog/ran', 404],
  ] as const) {
    const refused = await upgrade(first.port, path, token);
    t.ok('status' in refused && refused.status === status, `${path}: ${status}`);
  }

  runs.script = async (machine) => {
    let heard = '';
    for (let frame = await machine.next(); frame; frame = await machine.next()) {
      if (frame.kind === FRAME.stdin) heard += Buffer.from(frame.payload).toString();
      if (frame.kind === FRAME.stdinEnd) break;
    }
    await machine.send(...out(heard.toUpperCase()));
    await machine.send(...exit(9));
    await machine.end();
  };
  const client = await opened(setup, { command: 'tr a-z A-Z', stdin: true });
  await client.send(FRAME.stdin, Buffer.from('abc'));
  await client.send(FRAME.stdinEnd, new Uint8Array(0));
  const seen: [number, string][] = [];
  for (let frame = await client.next(); frame; frame = await client.next()) {
    seen.push([frame.kind, Buffer.from(frame.payload).toString()]);
  }
  t.same(
    seen.filter(([kind]) => kind !== FRAME.ping).map(([kind]) => kind),
    [FRAME.status, FRAME.started, FRAME.stdout, FRAME.exit],
  );
  t.match(seen[0]![1], /Fetching the image on name-m\d/);
  t.match(seen[1]![1], /"blog_v2\.run\.\d+"/);
  t.equal(seen[2]![1], 'ABC');
  t.same(JSON.parse(seen[3]![1]), { code: 9 });
  await client.end();

  const gone = Promise.withResolvers<void>();
  runs.script = async (machine) => {
    machine.closed.addEventListener('abort', () => gone.resolve(), { once: true });
    while (await machine.next()) continue;
  };
  const leaving = await opened(setup, { command: 'sleep 1000' });
  await leaving.next();
  await leaving.next();
  leaving.destroy();
  await gone.promise;
  t.pass('a client that goes away ends the run on its machine');

  const wrong = await opened(setup, { command: '' });
  const answer = await wrong.next();
  t.equal(answer?.kind, FRAME.failure);
  t.match(parsePayload(answer!), { code: 'invalid' });
  await wrong.end();
});

async function withMachines(t: Test): Promise<{ setup: Setup; runs: PretendRuns }> {
  const runs = pretendRuns();
  const setup = await setUp(t, { runs });
  await bringUpMachines(setup.cluster.registry, signal);
  await setup.admin('POST', '/v1/apps/', { id: 'blog' });
  return { setup, runs };
}

function upgrade(
  port: number,
  path: string,
  token: string,
): Promise<{ status: number } | { socket: Duplex; head: Buffer }> {
  const headers = {
    authorization: `token ${token}`,
    connection: 'Upgrade',
    upgrade: RUN_PROTOCOL,
  };
  const options = { port, path, host: '127.0.0.1', method: 'POST', agent: false, headers };
  return new Promise((resolve, reject) => {
    const request = http.request(options, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0 });
    });
    request.on('upgrade', (_, socket, head) => resolve({ socket, head }));
    request.on('error', reject);
    request.end();
  });
}

async function opened({ first, adminToken }: Setup, wish: object): Promise<FrameStream> {
  const answer = await upgrade(first.port, '/v2/apps/blog/run', adminToken);
  if ('status' in answer) throw new Error(`the controller answered ${answer.status}`);
  const client = new FrameStream(answer.socket, { head: answer.head });
  await client.send(FRAME.start, jsonPayload(wish));
  return client;
}

// Start, ready and live checks of an app with an app.json, and a TCP check without one, on a machine: who fails is withdrawn, who fails
// its live check is restarted, later each time, and of several that fail together one goes on serving.

import t from 'tap';
import { FLAPS } from '../../../src/agent/health.ts';
import { parseContainerName } from '../../../src/model/ids.ts';
import { keys } from '../../../src/registry/keys.ts';
import { startLoad } from '../load.ts';
import { eventually, platform } from '../platform.ts';
import { newPusher } from '../pusher.ts';
import { openStore } from '../store.ts';

const on = await platform();
const { registry } = await openStore(on);
const run = Math.random().toString(36).slice(2, 6);
const APP = `checked-${run}`;
const BARE = `bare-${run}`;

/** What is in /app decides what it says; SIGUSR2 makes it stop listening, without ending. */
const SERVER = `import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
const began = Date.now();
const server = createServer((request, response) => {
  const sick =
    (request.url === '/ready' && existsSync('/app/busy')) ||
    (request.url === '/boot' && Date.now() - began < 2000);
  response.writeHead(sick ? 500 : 200).end(hostname());
});
server.listen(process.env.PORT ?? 5000);
process.on('SIGUSR2', () => server.close());
process.on('SIGTERM', () => process.exit(0));
setInterval(() => undefined, 1000);
`;
const DOCKERFILE = `FROM deis/node
COPY server.mjs /app/server.mjs
EXPOSE 5000
CMD ["node", "/app/server.mjs"]
`;
const CHECKS = [
  { type: 'startup', path: '/boot' },
  { type: 'readiness', path: '/ready', wait: 1, attempts: 2 },
  { type: 'liveness', command: '[ ! -e /app/dead ]', wait: 1, attempts: 2 },
];

const files = { Dockerfile: DOCKERFILE, 'server.mjs': SERVER };
const ann = await newPusher(on, `ann-${run}`);
t.teardown(async () => {
  for (const app of [APP, BARE]) await on.deis('apps:destroy', '-a', app, '--confirm', app);
});
for (const [app, more] of [
  [APP, { 'app.json': JSON.stringify({ healthchecks: { web: CHECKS, cmd: CHECKS } }) }],
  [BARE, {}],
] as const) {
  const directory = await ann.repository({ ...files, ...more });
  await ann.create(directory, app);
  const { code, stderr } = await ann.git(directory, 'push', 'deis', 'master');
  if (code !== 0) throw new Error(stderr);
}
await Promise.all([
  on.mustDeis('ps:scale', 'cmd=3', '-a', APP),
  on.mustDeis('ps:scale', 'cmd=2', '-a', BARE),
]);

interface Running {
  unit: string;
  machine: string;
  id: string;
}

/** The app's containers that serve, with their ids. */
async function running(app: string): Promise<Running[]> {
  const { items } = await registry.list(keys.states, [], on.signal);
  return items
    .filter(
      ({ ids, value }) => parseContainerName(ids[1]!)?.app === app && value.active === 'active',
    )
    .map(({ ids, value }) => ({
      unit: ids[1]!,
      machine: on.context.machines.find(({ id }) => id === ids[0])!.name,
      id: value.containerId ?? '',
    }))
    .toSorted((one, other) => one.unit.localeCompare(other.unit));
}

const inside = ({ machine, id }: Running, ...command: string[]) =>
  on.sh(machine, ['docker', 'exec', id, ...command]);
const mark = (one: Running, what: string) => inside(one, 'touch', `/app/${what}`);
const unmark = (one: Running, what: string) => inside(one, 'rm', '-f', `/app/${what}`);

async function published(app: string): Promise<string[]> {
  const { items } = await registry.list(keys.services, [app], on.signal);
  return items.map(({ ids }) => ids[1]!).toSorted();
}

const exactly = (app: string, names: string[]) =>
  eventually(
    `published: ${names.join() || 'none'}`,
    30,
    async () => (await published(app)).join() === names.join(),
  );

/** Requests meanwhile, none of which may fail. */
async function served<T>(app: string, act: () => Promise<T>): Promise<T> {
  const { doors, domain } = on.context;
  const at = { host: '127.0.0.1', port: doors.http, site: `${app}.${domain}` };
  const load = startLoad({ ...at, rate: 30 });
  const result = await act();
  const { failures, answered } = await load.stop();
  t.same(failures, [], `0 failed of ${answered} requests`);
  return result;
}

t.test('the start check was waited for', async (t) => {
  const [{ began, ended }] = JSON.parse((await on.api(`/v2/apps/${APP}/deployments`)).body).results;
  const seconds = (Date.parse(ended) - Date.parse(began)) / 1000;
  t.ok(seconds >= 2, `the last deployment took ${seconds} s`);
});

t.test('a flapping container is withdrawn each time, and restarted the fifth time', async (t) => {
  const before = await running(APP);
  t.equal(before.length, 3);
  const [one, ...others] = before as [Running, ...Running[]];
  const names = before.map(({ unit }) => unit);
  const fall = async (): Promise<void> => {
    await mark(one, 'busy');
    await exactly(APP, names.slice(1));
  };
  await served(APP, async () => {
    for (let falls = 1; falls < FLAPS; falls += 1) {
      await fall();
      await unmark(one, 'busy');
      await exactly(APP, names);
    }
    t.same(await running(APP), before, 'still the same containers');
    await fall();
    await exactly(APP, names);
  });
  const after = await running(APP);
  t.same(after.slice(1), others, 'the others are the same');
  t.not(after[0]!.id, one.id, 'it is another container, and well');
});

t.test('all fail their ready check: one stays', async (t) => {
  const before = await running(APP);
  await served(APP, async () => {
    await Promise.all(before.map((one) => mark(one, 'busy')));
    await eventually('one is left', 30, async () => (await published(APP)).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    t.equal((await published(APP)).length, 1, 'after ten seconds, too');
    await Promise.all(before.map((one) => unmark(one, 'busy')));
    await eventually('all are back', 30, async () => (await published(APP)).length === 3);
  });
  t.same(await running(APP), before, 'the same containers');
});

t.test('who fails its live check is restarted, later each time', async (t) => {
  const gaps: number[] = [];
  await served(APP, async () => {
    for (let restart = 0; restart < 3; restart += 1) {
      await eventually('all serve', 30, async () => (await published(APP)).length === 3);
      // It has to pass once before it can fail.
      await new Promise((resolve) => setTimeout(resolve, 2500));
      const [one] = (await running(APP)) as [Running];
      const began = performance.now();
      await mark(one, 'dead');
      await eventually('another container', 40, async () => {
        const now = (await running(APP)).find(({ unit }) => unit === one.unit);
        return now !== undefined && now.id !== one.id;
      });
      gaps.push(performance.now() - began);
    }
    await eventually('all serve again', 30, async () => (await published(APP)).length === 3);
  });
  t.ok(
    gaps[2]! > gaps[0]! + 1000,
    `after ${gaps.map((ms) => (ms / 1000).toFixed(1)).join(', ')} s`,
  );
});

t.test('all fail their live check at once: one serves at every moment', async (t) => {
  const before = await running(APP);
  let least = 3;
  await served(APP, async () => {
    await Promise.all(before.map((one) => mark(one, 'dead')));
    await eventually('three other containers', 150, async () => {
      least = Math.min(least, (await published(APP)).length);
      const now = await running(APP);
      const old = new Set(before.map(({ id }) => id));
      return now.length === 3 && now.every(({ id }) => !old.has(id));
    });
    await eventually('all serve again', 60, async () => (await published(APP)).length === 3);
  });
  t.ok(least >= 1, `never fewer than ${least} published`);
});

t.test('without a check of its own, who takes no connections is withdrawn', async (t) => {
  const [one, other] = (await running(BARE)) as [Running, Running];
  await served(BARE, async () => {
    await inside(one, 'node', '-e', "process.kill(1, 'SIGUSR2')");
    await exactly(BARE, [other.unit]);
  });
  await inside(other, 'node', '-e', "process.kill(1, 'SIGUSR2')");
  await exactly(BARE, []);
  t.equal((await on.get(BARE)).status, 503, 'nobody is left who takes connections');
});

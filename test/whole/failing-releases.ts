// Releases that fail, each in its own way: the old one goes on untouched, and the error says which container, what it said last, what to do.

import t, { type Test } from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { startLoad } from './load.ts';
import { deployHello, type Output, platform } from './platform.ts';
import { activeUnits, openStore } from './store.ts';

const on = await platform();
const store = await openStore(on);
const { registry } = store;
const APP = 'fails';
/** Seconds that `deis policy:set deadline` gives; the verdict comes within it, and a little for the way back. */
const DEADLINE = 20;
const WAY_BACK = 25;

await deployHello(on, APP, { web: 2 });
await on.mustDeis('policy:set', `deadline=${DEADLINE}`, 'minHealthy=0', '-a', APP);
t.teardown(async () => {
  await on.deis('apps:destroy', '-a', APP, '--confirm', APP);
});

const good = `web: ${on.hello.procfile['web']}`;
const release = (...lines: string[]): Promise<Output> =>
  on.deis('builds:create', on.hello.reference, '-a', APP, '-p', lines.join('\n'));

interface Failing {
  what: string;
  deploy: () => Promise<Output>;
  /** What people read. */
  says: RegExp[];
  /** False: it is refused before a release is made. */
  made?: false;
}

const all: Failing[] = [
  {
    what: 'crashes at its start',
    deploy: () => release('web: echo the database is not there; exit 3'),
    says: [/web\.\d on \S+/, /exit code 3/, /the database is not there/, /deis logs -a fails/],
  },
  {
    what: 'never gets healthy',
    deploy: () => release('web: echo I only sleep; exec sleep 1000'),
    says: [/web\.\d on \S+: not healthy in time/, /connection refused/, /I only sleep/, /\$PORT/],
  },
  {
    what: 'ends with exit code 137',
    // The shell is process 1 of its container, which nothing inside it can kill.
    deploy: () => release("web: echo about to be killed; sh -c 'kill -9 $$'; exit $?"),
    says: [/web\.\d on \S+/, /exit code 137/, /about to be killed/, /deis logs/],
  },
  {
    what: 'has a release phase that fails',
    deploy: () => release(good, 'release: echo no such table; exit 4'),
    says: [/release\.\d+ on \S+/, /exit code 4/, /no such table/, /Mend the release line/],
  },
  {
    what: 'has an image that is not there',
    deploy: () => on.deis('builds:create', '127.0.0.1:5555/hello:missing', '-a', APP, '-p', good),
    says: [/hello/, /missing|not found|no such/i],
    made: false,
  },
];

for (const { what, deploy, says, made } of all) {
  t.test(`a release that ${what}`, { timeout: 240_000 }, async (t) => {
    const before = await standing();
    const requests = startLoad({
      host: '127.0.0.1',
      port: on.context.doors.http,
      site: `${APP}.${on.context.domain}`,
      rate: 50,
    });
    const began = performance.now();
    const { code, stderr } = await deploy();
    const seconds = (performance.now() - began) / 1000;
    t.not(code, 0, 'the command failed');
    for (const said of says) t.match(stderr, said);
    t.comment(stderr);
    t.ok(seconds <= DEADLINE + WAY_BACK, `it was over after ${seconds.toFixed(1)} s`);
    if (made !== false) await verdictInTime(t);
    t.same(await standing(), before, 'the old containers are the same');
    const { failures, answered } = await requests.stop();
    t.same(failures, [], `0 failed of ${answered} requests`);
  });
}

/** Between the beginning and the way back there is no more time than the deadline. */
async function verdictInTime(t: Test): Promise<void> {
  const record = (await registry.get(keys.deployments, [APP], on.signal))!.value;
  const at = (step: string): number =>
    Date.parse(record.events.find((event) => event.step === step)?.at ?? '');
  t.equal(record.step, 'reverted');
  const seconds = (at('reverting') - at('queued')) / 1000;
  t.ok(seconds <= DEADLINE + 2, `the verdict came after ${seconds.toFixed(1)} s`);
  const made = await registry.get(keys.releases, [APP, String(record.to)], on.signal);
  t.equal(made?.value.state, 'failed');
}

/** What runs, with the ids of its containers, and what the app says is live. */
async function standing(): Promise<unknown> {
  const { items } = await registry.list(keys.states, [], on.signal);
  const active = await activeUnits(store, `${APP}_v`, on.signal);
  const app = (await registry.get(keys.apps, [APP], on.signal))!.value;
  return {
    release: app.release,
    structure: app.structure,
    units: items
      .filter(({ ids, value }) => active.includes(ids[1]!) && value.active === 'active')
      .map(({ ids, value }) => `${ids[1]} ${value.containerId} ${value.startedAt}`)
      .toSorted(),
  };
}

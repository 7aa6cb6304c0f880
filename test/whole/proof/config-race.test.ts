// Three controllers behind the routers, two hundred changes of one app at once; then again, and one of the controllers is killed
// meanwhile: each change is done once or refused, and what was acknowledged is there.

import { request } from 'node:http';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadSettings } from '../../../src/cli/client/settings-file.ts';
import { controllers } from '../controllers.ts';
import { eventually, platform } from '../platform.ts';

const CHANGES = 200;
const APP = 'contended';
/** What a router says when the controller that it asked is gone: nobody knows whether it was done. */
const UNKNOWN = [502, 503, 504];

const on = await platform();
const home = join(on.root, '.deis', 'clusters', on.name, 'home');
const { token } = await loadSettings(join(home, '.deis', 'client.json'));

interface Reply {
  status: number;
  release: number;
  text: string;
}

/** `config:set` of one key, on a connection of its own. */
function set(key: string): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const headers = {
    host: `deis.${on.context.domain}`,
    authorization: `token ${token}`,
    'content-type': 'application/json',
  };
  const asked = request(
    {
      host: '127.0.0.1',
      port: on.context.doors.http,
      path: `/v1/apps/${APP}/config/`,
      method: 'POST',
      headers,
      agent: false,
    },
    (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('error', reject).on('end', () => {
        const release = Number(answer.headers['deis-release']);
        resolve({ status: answer.statusCode ?? 0, release, text });
      });
    },
  );
  asked.on('error', reject).end(JSON.stringify({ values: { [key]: 'set' } }));
  return promise;
}

const ledger = async (): Promise<number[]> => {
  const { body } = await on.api(`/v1/apps/${APP}/releases/?page_size=1000`);
  return (JSON.parse(body) as { results: { version: number }[] }).results.map(
    ({ version }) => version,
  );
};
const present = async (): Promise<Set<string>> => {
  const { body } = await on.api(`/v1/apps/${APP}/config/`);
  return new Set(Object.keys((JSON.parse(body) as { values: object }).values));
};

/** What must be so after any race. `unsure`: whether a controller may have died over an answer. */
async function race(t: Test, word: string, unsure: boolean, meanwhile = async () => {}) {
  const keys = Array.from({ length: CHANGES }, (_, index) => `${word}_${index}`);
  const racing = Promise.all(keys.map(set));
  await meanwhile();
  const replies = await racing;
  const known = unsure ? [201, 409, ...UNKNOWN] : [201, 409];
  const odd = replies.filter(({ status }) => !known.includes(status));
  t.same(odd, [], 'each is done or refused');
  for (const { text } of replies.filter(({ status }) => status === 409)) {
    if (!text.includes('Config changes already in progress.')) t.fail(text);
  }
  const done = replies.filter(({ status }) => status === 201).map(({ release }) => release);
  const refused = replies.filter(({ status }) => status === 409).length;
  t.comment(`${done.length} done, ${refused} refused, ${CHANGES - done.length - refused} unknown`);
  t.ok(done.length > 0, 'some were done');
  t.equal(new Set(done).size, done.length, 'every number once');
  // One whose answer was lost may still be on its way.
  const versions = await eventually('an end of all changes', 60, async () => {
    const [before, now] = [await ledger(), await ledger()];
    return String(before) === String(now) && now;
  });
  const last = versions.length;
  t.same(
    versions,
    Array.from({ length: last }, (_, index) => last - index),
    'the ledger has no gap and no number twice',
  );
  const there = await present();
  for (const [index, { status }] of replies.entries()) {
    const isThere = there.has(keys[index]!);
    if (status === 201 && !isThere) t.fail(`${keys[index]} was acknowledged and is lost`);
    if (status === 409 && isThere) t.fail(`${keys[index]} was refused and is there`);
  }
}

t.test('two hundred config:set on one app', async (t) => {
  await on.deis('apps:destroy', '-a', APP, '--confirm', APP);
  await on.mustDeis('apps:create', APP, '--no-remote');
  t.teardown(() => on.deis('apps:destroy', '-a', APP, '--confirm', APP));
  await on.mustDeisctl('scale', 'controller=3', '--timeout=180');
  t.teardown(() => on.mustDeisctl('scale', 'controller=2', '--timeout=180'));
  t.equal((await controllers(on)).size, 3, 'three controllers');
  await t.test('all alive', (t) => race(t, 'FIRST', false));
  await t.test('one killed meanwhile', (t) =>
    race(t, 'SECOND', true, async () => {
      const before = (await ledger()).length;
      await eventually('the first that is done', 30, async () => (await ledger()).length > before);
      const [, pid] = [...(await controllers(on))][0]!;
      process.kill(pid, 'SIGKILL');
    }),
  );
  await t.test('three again, with a container to replace each time', async (t) => {
    await eventually('three controllers', 60, async () => (await controllers(on)).size === 3);
    const procfile = 'web: ' + on.hello.procfile['web'];
    await on.mustDeis('builds:create', on.hello.reference, '-a', APP, '-p', procfile);
    await race(t, 'THIRD', false);
    t.equal((await on.get(APP)).status, 200);
  });
});

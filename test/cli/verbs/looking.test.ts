// The verbs of the original deisctl that look, set and go to machines: what each prints, word for word, and its exit status.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { COMMANDS } from '../../../src/cli/deisctl/index.ts';
import { keys } from '../../../src/registry/keys.ts';
import { put } from '../../../src/registry/registry.ts';
import { VERSION } from '../../../src/model/version.ts';
import { machine, unitState, wantedUnit } from '../records.ts';
import { counter } from './counter.ts';

const { toy, home, signal, type, prints, refuses } = await counter(t);
for (const name of ['router@1', 'router@2', 'controller@1']) {
  const unit = wantedUnit(`deis-${name}.service`);
  await toy.registry.commit([], [put(keys.platformUnits, [unit.name], unit)], signal);
}

t.test('machines', (t) =>
  prints(t, 'machines', [
    'MACHINE      IP          METADATA  NAME    STATE',
    '11111111...  10.77.0.11  -         deis-1  ready',
    '22222222...  10.77.0.12  -         deis-2  ready',
    '33333333...  10.77.0.13  -         deis-3  ready',
  ]),
);

t.test('config', async (t) => {
  await prints(t, 'config platform set domain=apps.test note=a=b', ['apps.test', 'a=b']);
  await prints(t, 'config platform get domain', ['apps.test']);
  await prints(t, 'config platform get note domain', ['a=b', 'apps.test']);
  await prints(t, 'config platform rm note', ['note']);
  await refuses(t, 'config platform get note', 1, [
    'Error: platform/note is not set',
    'Set it: deisctl config platform set note=<value>',
  ]);
  await refuses(t, 'config routr get', 1, [
    'Error: there is no component "routr"',
    'Did you mean "router"? Components: platform, logs, fleet, registry, logger, router, controller, builder.',
  ]);
  const misspelt = await type('config router set bodysize=1m');
  t.match(misspelt, { code: 1, out: '', err: /no setting bodysize\nDid you mean "bodySize"\?/ });
  const { code, err } = await type('config platform');
  t.equal(code, 2);
  t.match(err, /^Error: Missing 1 required arg:\nverb/);
});

t.test('status and journal', async (t) => {
  await prints(t, 'status router@1', [
    '● deis-router@1.service - at 10.77.0.11:7600',
    '     Active: active (running)',
  ]);
  await prints(t, 'journal controller', [
    '-- 40 lines of deis-controller@1.service at 10.77.0.11:7600',
  ]);
  await prints(t, 'journal controller@1 -f -n 5', [
    '-- 5 lines of deis-controller@1.service at 10.77.0.11:7600, and on',
  ]);
  for (const verb of ['status', 'journal']) {
    await refuses(t, `${verb} ruoter@1`, 1, [
      'Error: there is no unit "ruoter@1"',
      'Did you mean "router@1"? See all units: deisctl list --all',
    ]);
    await refuses(t, `${verb} router`, 1, [
      'Error: router has several instances',
      'Name one: router@1, router@2.',
    ]);
  }
  const overview = await type('status');
  t.match(overview.out, /^Machines +3 ready/m);
});

t.test('ssh and dock', async (t) => {
  const app = 'hello_v3.web.1.service';
  const ids = [machine(2).id, app];
  await toy.registry.commit([], [put(keys.states, ids, unitState())], signal);
  for (const target of ['deis-2', '10.77.0.12', '22222222', 'hello_v3', 'router@1']) {
    t.match(await type(`ssh ${target} echo here; exit 7`), { code: 7, out: 'here\n', err: '' });
  }
  const dock = async (line: string, command: string) =>
    t.match(await type(line), { code: 3, out: `docker ${command}\n`, err: '' }, line);
  await dock('dock router@1 nginx -v', 'exec -i deis-router.1 nginx -v');
  await dock('dock hello_v3', 'exec -i hello_v3.web.1 sh');
  await refuses(t, 'dock rooter@1', 1, [
    'Error: there is no unit "rooter@1"',
    'Did you mean "router@1"? See all units: deisctl list --all',
  ]);
  await refuses(t, 'ssh nowhere', 1, [
    'Error: "nowhere" is neither a machine (deis-1, deis-2, deis-3) nor a unit',
    'See all units: deisctl list --all',
  ]);
});

t.test('refresh-units', async (t) => {
  const lines = (await type('refresh-units')).out.trim().split('\n');
  const files = ['builder@', 'controller@', 'logger', 'registry@', 'router@'];
  t.strictSame(
    lines.slice(0, 5),
    files.map((name) => `Refreshed deis-${name}.service from v${VERSION}`),
  );
  t.match(lines[5], /^Refreshed decorators\/deis-\w+\.service\.decorator from v/);
  const there = readdirSync(join(home, '.deis/units')).filter((name) => name !== 'decorators');
  t.strictSame(
    there.toSorted(),
    files.map((name) => `deis-${name}.service`),
  );
  await prints(t, `refresh-units -p ${join(home, 'units')} -t v${VERSION}`, lines);
  await refuses(t, 'refresh-units --tag v1.13.4', 1, [
    `Error: this deisctl brings the unit files of v${VERSION}, not of v1.13.4`,
    'Leave --tag out, or run refresh-units of the deisctl of v1.13.4.',
  ]);
});

t.test('no verb of the original is missing', async (t) => {
  const original =
    'config dock install journal list machines refresh-units restart rolling-restart scale ssh start status stop uninstall upgrade-prep upgrade-takeover';
  const tests = ['changing.test.ts', 'looking.test.ts'].map((file) =>
    readFileSync(join(import.meta.dirname, file), 'utf8'),
  );
  for (const verb of original.split(' ')) {
    t.ok(verb in COMMANDS, `${verb} is there`);
    const line = new RegExp(`['\`]${verb}[ '\`]`);
    t.ok(
      tests.some((text) => line.test(text)),
      `${verb} is typed in a test`,
    );
  }
});

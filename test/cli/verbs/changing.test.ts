// The verbs of the original deisctl that change the platform: what each prints, word for word, and its exit status.

import t from 'tap';
import { keys } from '../../../src/registry/keys.ts';
import { put } from '../../../src/registry/registry.ts';
import { VERSION } from '../../../src/model/version.ts';
import { counter } from './counter.ts';

const { toy, signal, type, prints, refuses } = await counter(t);
const domain = put(keys.settings, ['platform', 'domain'], 'apps.test');

const COMPONENTS = 'platform, registry, logger, router, controller, builder';
const INSTALLED = [
  'Storage subsystem...',
  'deis-registry@1.service: loaded',
  'deis-registry@2.service: loaded',
  'Logging subsystem...',
  'deis-logger.service: loaded',
  'Router mesh...',
  'deis-router@1.service: loaded',
  'deis-router@2.service: loaded',
  'Control plane...',
  'deis-controller@1.service: loaded',
  'deis-builder@1.service: loaded',
  'Done.',
];
const became = (lines: readonly string[], state: string): string[] =>
  lines.map((line) => line.replace(/: loaded$/, `: ${state}`));
/** Everything in the other direction; one unit of each component. */
function backwards(lines: readonly string[]): string[] {
  const planes: string[][] = [];
  for (const line of lines.slice(0, -1)) {
    if (line.endsWith('...')) planes.unshift([line]);
    else planes[0]!.splice(1, 0, line);
  }
  return [...planes.flat(), 'Done.'];
}
const banner = (doing: string): string[] => ['● ▴ ■', `■ ● ▴  ${doing} Deis...`, '▴ ■ ●'];

t.test('install, start, list', async (t) => {
  await refuses(t, 'install platform', 1, [
    'Error: the platform has no domain yet: apps are served at <app>.<domain>',
    'Set it: deisctl config platform set domain=<your-domain>',
  ]);
  await toy.registry.commit([], [domain], signal);
  await prints(t, 'install platform --router-mesh-size=2', [
    ...banner('Installing'),
    ...INSTALLED,
    '',
    'Please run `deisctl start platform` to boot up Deis.',
  ]);
  await prints(t, 'install router', [
    'deis-router@1.service: loaded',
    'deis-router@2.service: loaded',
  ]);
  await prints(t, 'start platform', [
    ...banner('Starting'),
    ...became(INSTALLED, 'active/running'),
    '',
    'Please use `deis register` to set up an administrator account.',
  ]);
  await prints(t, 'list', [
    'UNIT                       MACHINE                 LOAD    ACTIVE  SUB',
    'deis-builder@1.service     11111111.../10.77.0.11  loaded  active  running',
    'deis-controller@1.service  11111111.../10.77.0.11  loaded  active  running',
    'deis-logger.service        11111111.../10.77.0.11  loaded  active  running',
    'deis-registry@1.service    11111111.../10.77.0.11  loaded  active  running',
    'deis-registry@2.service    11111111.../10.77.0.11  loaded  active  running',
    'deis-router@1.service      11111111.../10.77.0.11  loaded  active  running',
    'deis-router@2.service      11111111.../10.77.0.11  loaded  active  running',
  ]);
});

t.test('stop, restart, a unit that fails', async (t) => {
  await prints(t, 'stop router@2 deis-logger.service', [
    'deis-router@2.service: inactive/dead',
    'deis-logger.service: inactive/dead',
  ]);
  await prints(t, 'start router@* logger', [
    'deis-logger.service: active/running',
    'deis-router@1.service: active/running',
    'deis-router@2.service: active/running',
  ]);
  await prints(t, 'restart controller logger', [
    'deis-logger.service: active/running',
    'deis-controller@1.service: active/running',
  ]);
  t.ok(toy.history.includes('deis-controller@1.service active restart 1'));
  toy.failing.set('deis-builder@1.service', 'exit status 3');
  const { code, out, err } = await type('restart builder');
  t.equal(code, 1);
  t.equal(out, 'deis-builder@1.service: failed/failed\n');
  t.equal(
    err,
    'Error: deis-builder@1.service did not restart: exit status 3\nSee why: deisctl why builder@1\nSee what it said: deisctl journal builder@1\n',
  );
  toy.failing.clear();
  await prints(t, 'restart builder', ['deis-builder@1.service: active/running']);
});

t.test('scale and rolling-restart', async (t) => {
  await prints(t, 'scale router=3 registry=1', [
    'deis-router@3.service: active/running',
    'deis-registry@2.service: destroyed',
  ]);
  await prints(t, 'scale router=2', ['deis-router@3.service: destroyed']);
  await refuses(t, 'scale logger=2', 1, [
    'Error: cannot scale logger component',
    'These scale: registry, router, controller, builder.',
  ]);
  await prints(t, 'rolling-restart router', [
    'deis-router@1.service: active/running',
    'deis-router@2.service: active/running',
  ]);
  await prints(t, 'rolling-restart controller', [
    'there is one controller only: it is away while it restarts (no gap with two: deisctl scale controller=2)',
    'deis-controller@1.service: active/running',
  ]);
  t.strictSame(toy.history.slice(-3), [
    'deis-router@1.service active restart 1',
    'deis-router@2.service active restart 1',
    'deis-controller@1.service active restart 2',
  ]);
});

t.test('upgrade-prep and upgrade-takeover', async (t) => {
  const ready = [1, 2, 3].map((number) => `deis-${number}: ready, deisd ${VERSION}`);
  await prints(t, 'upgrade-prep --stateless', [
    `Checking for the upgrade to ${VERSION}...`,
    ...ready,
    '6 units installed, 0 of them from other unit files',
    'Ready: nothing was stopped, and nothing needs to be.',
    '',
    'Please run `deisctl upgrade-takeover` to replace the units one by one.',
  ]);
  const { code, out } = await type('upgrade-takeover');
  t.equal(code, 0);
  t.match(out, /Installing Deis[^]*there is one logger only[^]*Starting Deis[^]*\nDone\.\n/);
  t.ok(toy.history.includes('deis-router@2.service active restart 2'));
});

t.test('uninstall', async (t) => {
  await prints(t, 'uninstall router@2', ['deis-router@2.service: destroyed']);
  await prints(t, 'stop platform', [
    ...banner('Stopping'),
    ...became(
      backwards(INSTALLED.filter((line) => !/registry@2|router@2/.test(line))),
      'inactive/dead',
    ),
  ]);
  await prints(t, 'uninstall platform', [
    ...banner('Uninstalling'),
    ...became(
      backwards(INSTALLED.filter((line) => !/registry@2|router@2/.test(line))),
      'destroyed',
    ),
  ]);
  await prints(t, 'list', ['UNIT  MACHINE  LOAD  ACTIVE  SUB']);
});

t.test('wrong words', async (t) => {
  await refuses(t, 'sttus', 2, [
    'Error: deisctl has no command "sttus"',
    'Did you mean `deisctl status`? See all commands: deisctl --help',
  ]);
  for (const verb of ['install', 'uninstall', 'start', 'stop', 'restart', 'rolling-restart']) {
    await refuses(t, `${verb} ruoter`, 1, [
      'Error: there is no component "ruoter"',
      `Did you mean "router"? Components: ${COMPONENTS}.`,
    ]);
    const { code, err } = await type(verb);
    t.equal(code, 2, verb);
    t.match(err, /^Error: Missing 1 required arg:\ntarget +platform, or a component/, verb);
  }
  const past = /^Error: store-gateway was a part of Deis v1 and is no component here\n.*Ceph/;
  t.match(await type('start store-gateway'), { code: 1, out: '', err: past });
  for (const verb of ['start', 'stop', 'restart', 'rolling-restart']) {
    await refuses(t, `${verb} router`, 1, [
      'Error: nothing of router is installed',
      'Install it: deisctl install router',
    ]);
  }
});

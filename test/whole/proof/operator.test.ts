// The whole platform by an operator's hands, through a tunnel: stopped, uninstalled, installed and started. Machines of its own.

import t, { type Test } from 'tap';
import { cluster } from '../cluster.ts';
import { know, operatorsDesk } from '../operators-desk.ts';

const on = await cluster({ name: 'operator', machines: 2 });
t.teardown(() => on.down());
const desk = await operatorsDesk(on, 1);
const { stdout: scanned } = await desk.run('ssh-keyscan', '-t', 'ed25519', desk.door);
know(desk, `${scanned}\n`);

async function types(t: Test, line: string, expected: RegExp): Promise<string> {
  const { code, stdout, stderr, seconds } = await desk.deisctl(...line.split(' '));
  console.log(`# deisctl ${line}: ${seconds.toFixed(1)} s`);
  t.equal(code, 0, `deisctl ${line}: ${stderr}`);
  t.match(stdout, expected, `deisctl ${line}`);
  return stdout;
}

const order = (...words: string[]): RegExp => new RegExp(words.join('[\\s\\S]*'));
const UP = ['Storage subsystem...', 'Logging subsystem...', 'Router mesh...', 'Control plane...'];

t.test('the whole platform', { timeout: 900_000 }, async (t) => {
  await types(t, `config platform set domain=${on.context.domain}`, /./);
  await types(
    t,
    'install platform --router-mesh-size=2',
    order('Installing Deis', ...UP, 'Done.', 'deisctl start platform'),
  );
  await types(t, 'start platform', order('Starting Deis', ...UP, 'Done.', 'deis register'));
  t.equal((await on.get('deis', '/healthz')).status, 200, 'the API answers');
  await types(t, 'scale controller=2', /deis-controller@2\.service: active\/running/);
  await types(
    t,
    'rolling-restart platform',
    order('deis-registry@1', 'deis-router@2', 'deis-builder@1'),
  );
  await types(t, 'upgrade-prep', /Ready: nothing was stopped/);
  await types(t, 'upgrade-takeover', order('deis-registry@1', 'Starting Deis', 'Done.'));
  await types(t, 'stop platform', order('Stopping Deis', ...UP.toReversed(), 'Done.'));
  t.notMatch(await types(t, 'list', /UNIT/), / active /, 'nothing runs');
  await types(
    t,
    'uninstall platform',
    order('Uninstalling Deis', ...UP.toReversed(), 'destroyed', 'Done.'),
  );
  t.equal((await types(t, 'list', /UNIT/)).trim().split('\n').length, 1, 'nothing is installed');
  for (const { name } of on.context.machines) {
    t.equal(await on.sh(name, 'docker ps -q --filter label=deis.managed'), '', `${name} is empty`);
  }
});

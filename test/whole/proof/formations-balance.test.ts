// A formation whose containers all came to one machine is evened out under load, new before old.

import t from 'tap';
import { ensureExampleImage } from '../../../src/cli/quick-start/example-image.ts';
import { startLoad } from '../load.ts';
import { appUnits, eventually, platform } from '../platform.ts';

const on = await platform();
const DOMAIN = `even.${on.context.domain}`;
const [first, second, third] = on.context.machines;
if (!first || !second || !third) throw new Error('three machines are needed');

t.teardown(async () => {
  await on.deis('apps:destroy', '-a', 'pile', '--confirm', 'pile');
  for (const { name } of [second, third]) {
    await on.deisctl('uncordon', name);
    await on.deisctl('nodes', 'update', name, '--formation=default', '--layer=none');
  }
  await on.deisctl('layers', 'destroy', 'even', 'both');
  await on.deisctl('formations', 'destroy', 'even');
});

const spread = async (): Promise<number[]> => {
  const units = await appUnits(on, 'pile');
  return [second, third].map(({ ip }) => units.filter((row) => row.ip === ip).length);
};

t.test('all on one machine', { timeout: 500_000 }, async (t) => {
  await on.mustDeisctl('formations', 'create', 'even', `--domain=${DOMAIN}`);
  await on.mustDeisctl('layers', 'create', 'even', 'both', '--runtime', '--proxy');
  for (const { name } of [second, third]) {
    await on.mustDeisctl('nodes', 'update', name, '--formation=even', '--layer=both');
  }
  await on.mustDeisctl('cordon', third.name);
  const { root, name, signal } = on;
  const image = await ensureExampleImage(root, name, first.name, 'live', signal);
  await on.mustDeis('apps:create', 'pile', '--no-remote', '--formation=even');
  const line = `web: ${image.procfile['web']}`;
  await on.mustDeis('builds:create', image.reference, '-a', 'pile', '-p', line);
  await on.mustDeis('ps:scale', 'web=6', '-a', 'pile');
  await on.mustDeisctl('uncordon', third.name);
  t.strictSame(await spread(), [6, 0]);
});

t.test('balance: max − min ≤ 1, no request lost', { timeout: 300_000 }, async (t) => {
  const site = `pile.${DOMAIN}`;
  const ask = async (): Promise<boolean> => {
    const load = startLoad({ host: third.ip, port: 80, site, rate: 5 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    return (await load.stop()).failures.length === 0;
  };
  await eventually('its router serves', 60, ask);
  const load = startLoad({ host: third.ip, port: 80, site, rate: 100 });
  await on.mustDeisctl('formations', 'balance', 'even');
  const after = await spread();
  t.equal(
    after.reduce((sum, count) => sum + count, 0),
    6,
  );
  t.ok(Math.max(...after) - Math.min(...after) <= 1, `even: ${after.join(' and ')}`);
  const { failures, answered } = await load.stop();
  t.same(failures.slice(0, 10), [], `0 failed of ${answered}`);
});

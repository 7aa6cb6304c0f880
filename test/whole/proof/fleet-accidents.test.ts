// fleet's API while things break: a daemon killed in the middle of two hundred starts and of their destruction, a machine without power.

import t from 'tap';
import { keys } from '../../../src/registry/keys.ts';
import { cluster } from '../cluster.ts';
import { fleetOn, options } from '../fleet-client.ts';
import { eventually } from '../platform.ts';
import { openStore } from '../store.ts';

const on = await cluster();
const { registry } = await openStore(on);
const names = on.context.machines.map(({ name }) => name);
const SLEEP = options('Service/ExecStart=/bin/sleep infinity');
const many = Object.fromEntries(
  Array.from({ length: 200 }, (_, index) => [`br-${index + 1}.service`, SLEEP]),
);
const last = await fleetOn(on, names.at(-1)!);

async function active(): Promise<Map<string, string>> {
  const states = await last.client.states();
  const running = states.filter((state) => state.systemdActiveState === 'active');
  return new Map(running.map(({ name, machineID = '' }) => [name, machineID]));
}

t.test(
  'a daemon is killed while it takes two hundred units, and while it takes them away',
  async (t) => {
    const [first] = names as [string];
    const { ask } = await fleetOn(on, first);
    for (const name of Object.keys(many)) {
      const body = JSON.stringify({ options: SLEEP, desiredState: 'launched' });
      await ask(`/fleet/v1/units/${name}`, {
        method: 'PUT',
        headers: ['content-type', 'application/json'],
        body,
      });
    }
    await on.sh(first, 'systemctl kill -s KILL deisd');
    await eventually('all run', 120, async () => (await active()).size === 200);
    const before = await active();
    await on.sh(first, 'systemctl kill -s KILL deisd');
    await eventually('its API is back', 60, async () => {
      const again = await fleetOn(on, first);
      return (await again.client.units()).length >= 200;
    });
    t.strictSame(await active(), before, 'nothing has moved');
    const again = await fleetOn(on, first);
    t.match(await again.client.destroy(...Object.keys(many)), { code: 0 });
    await on.sh(first, 'systemctl kill -s KILL deisd');
    await eventually('every record is forgotten', 120, async () => {
      const { items } = await registry.list(keys.foreignUnits, [], on.signal);
      return items.length === 0;
    });
    t.equal((await active()).size, 0);
  },
);

t.test('a machine without power: its units run elsewhere, and can be destroyed', async (t) => {
  const units = Object.fromEntries(Object.entries(many).slice(0, 12));
  t.match(await last.client.start(units), { code: 0 });
  const lost = on.context.machines[0]!;
  await on.kill(lost.name);
  await eventually('all run elsewhere', 90, async () => {
    const homes = await active();
    return homes.size === 12 && [...homes.values()].every((machine) => machine !== lost.id);
  });
  const ids = (await last.client.machines()).map(({ id }) => id);
  t.notOk(ids.includes(lost.id), 'it is not shown');
  t.match(await last.client.destroy(...Object.keys(units)), { code: 0 });
  await on.boot(lost.name);
  await eventually('nothing is left, on it neither', 120, async () => {
    const { items } = await registry.list(keys.foreignUnits, [], on.signal);
    return items.length === 0 && (await active()).size === 0;
  });
  t.equal(await on.sh(lost.name, "ls /run/deis/units | grep -c '^br-' || true"), '0');
});

// An operator's life with fleetctl: each verb as its user knows it, through the requests that it makes.

import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { Fleetctl, hashOf } from './fleetctl.ts';
import { fleetWorld, MACHINE_ID, until } from './world.ts';

const world = await fleetWorld();
const client = new Fleetctl((path, asked) => world.ask(path, asked));
const signal = AbortSignal.timeout(60_000);
const HERE = `${MACHINE_ID.slice(0, 8)}.../10.77.9.21`;

const service = (command = '/bin/sleep infinity', ...fleet: string[]) => [
  { section: 'Service', name: 'ExecStart', value: command },
  ...fleet.map((line) => {
    const [name = '', value = ''] = line.split('=');
    return { section: 'X-Fleet', name, value };
  }),
];

void t.test('submit, load, start, stop, unload, destroy', async (t) => {
  const a = { 'a.service': service() };
  t.strictSame(await client.submit(a), { code: 0, lines: ['Unit a.service inactive'] });
  t.strictSame(world.host.did, [], 'a submitted unit is on no machine');
  t.strictSame(await client.load(a), { code: 0, lines: [`Unit a.service loaded on ${HERE}`] });
  t.ok(world.host.files.has('a.service'));
  t.notOk(world.host.isActive('a.service'));
  t.strictSame(await client.start(a), { code: 0, lines: [`Unit a.service launched on ${HERE}`] });
  t.ok(world.host.isActive('a.service'));
  t.strictSame(await client.listUnits(), [`a.service ${HERE} active running`]);
  const hash = hashOf(service()).slice(0, 7);
  t.strictSame(await client.listUnitFiles(), [`a.service ${hash} launched launched ${MACHINE_ID}`]);
  t.equal(await client.cat('a.service'), '[Service]\nExecStart=/bin/sleep infinity\n');
  t.strictSame(await client.stop('a.service'), {
    code: 0,
    lines: [`Unit a.service loaded on ${HERE}`],
  });
  t.notOk(world.host.isActive('a.service'));
  t.ok(world.host.files.has('a.service'));
  t.strictSame(await client.unload('a.service'), { code: 0, lines: ['Unit a.service inactive'] });
  await until('its file is gone', async () => !world.host.files.has('a.service'));
  t.strictSame(await client.listUnitFiles(), [`a.service ${hash} inactive inactive -`]);
  t.match(await client.stop('a.service'), { code: 1, lines: [/in state inactive/] });
  t.strictSame(await client.destroy('a.service'), { code: 0, lines: ['Destroyed a.service'] });
  t.strictSame(await client.units(), []);
  t.strictSame(await client.destroy('a.service'), {
    code: 0,
    lines: ['Unit a.service does not exist'],
  });
});

void t.test('start takes all steps at once; a launched one that is destroyed stops', async (t) => {
  t.match(await client.start({ 'b.service': service() }), { code: 0 });
  await client.destroy('b.service');
  t.equal((await world.ask('/fleet/v1/units/b.service')).status, 404, 'it is gone for its users');
  await until('it has stopped', async () => !world.host.isActive('b.service'));
  await until('its record is forgotten', async () => {
    const { items } = await world.registry.list(keys.foreignUnits, [], signal);
    return items.length === 0;
  });
  t.strictSame(await client.states(), []);
});

void t.test('restart really restarts', async (t) => {
  await client.start({ 'r.service': service() });
  for (let round = 0; round < 5; round += 1) {
    world.host.did.length = 0;
    t.match(await client.restart('r.service'), {
      code: 0,
      lines: [`Unit r.service launched on ${HERE}`],
    });
    t.strictSame(world.host.did, ['stop r.service', 'start r.service']);
  }
  await client.destroy('r.service');
});

void t.test('destroyed and started again at once: a new start', async (t) => {
  await client.start({ 'again.service': service() });
  world.host.did.length = 0;
  await client.destroy('again.service');
  t.match(await client.start({ 'again.service': service() }), { code: 0 });
  t.match(world.host.did.join(', '), /^stop again.*start again/);
  t.ok(world.host.isActive('again.service'));
  await client.destroy('again.service');
});

void t.test('--replace: nothing for the same, new contents run otherwise', async (t) => {
  await client.start({ 'v.service': service('/bin/sleep 1000') });
  client.asked.length = 0;
  await client.start({ 'v.service': service('/bin/sleep 1000') }, true);
  t.notOk(client.asked.some((line) => line.startsWith('PUT')));
  t.match(await client.start({ 'v.service': service('/bin/sleep 2000') }, true), { code: 0 });
  t.match(world.host.files.get('v.service'), /sleep 2000/);
  t.ok(world.host.isActive('v.service'));
  const [state] = await client.states();
  t.equal(state?.hash, hashOf(service('/bin/sleep 2000')));
  await client.destroy('v.service');
});

void t.test('a unit that has done its work is launched, and not active', async (t) => {
  world.host.brief.add('once.service');
  t.match(await client.start({ 'once.service': service('/bin/true') }), {
    code: 1,
    lines: ['once.service is not active'],
  });
  const unit = (await client.units()).find(({ name }) => name === 'once.service');
  t.equal(unit?.currentState, 'launched');
  await client.destroy('once.service');
});

void t.test('templates, instances and global units', async (t) => {
  t.match(await client.submit({ 't@.service': service() }), { code: 0 });
  t.match(await client.start({ 't@.service': service() }), {
    code: 1,
    lines: [/Error 400: cannot activate template "t@\.service"/],
  });
  const instances = { 't@1.service': service(), 't@x@y.service': service() };
  t.match(await client.start(instances), { code: 0 });
  t.ok(world.host.isActive('t@x@y.service'));
  t.strictSame(await client.start({ 'g.service': service('/bin/sleep 1', 'Global=true') }), {
    code: 0,
    lines: ['Triggered global unit g.service start'],
  });
  await until('the global unit runs', async () => world.host.isActive('g.service'));
  const row = (await client.listUnitFiles()).find((line) => line.startsWith('g.service'));
  t.match(row, /^g\.service \w{7} launched - global$/);
  await client.destroy('t@.service', 't@1.service', 't@x@y.service', 'g.service');
});

void t.test('a service that its timer starts is left alone while it is only loaded', async (t) => {
  await client.load({ 'job.service': service() });
  await world.host.units.start('job.service', signal);
  const file = [{ section: 'Timer', name: 'OnCalendar', value: 'daily' }];
  t.match(await client.start({ 'job.timer': file }), { code: 0 });
  t.ok(world.host.isActive('job.service'));
  const unit = (await client.units()).find(({ name }) => name === 'job.service');
  t.equal(unit?.currentState, 'loaded');
  await client.destroy('job.timer', 'job.service');
  await until('both have stopped', async () => world.host.active.size === 0);
});

void t.test('a unit of the platform is found, not listed, not changed', async (t) => {
  await world.registry.store.commit(
    {
      conditions: [],
      writes: [
        {
          kind: 'put',
          key: keys.platformUnits.key('deis-router@1.service'),
          value: keys.platformUnits.encode({
            name: 'deis-router@1.service',
            kind: 'platform',
            desired: 'inactive',
            options: service(),
            restarts: 0,
          }),
        },
      ],
    },
    signal,
  );
  t.match(await client.cat('deis-router@1.service'), /ExecStart/);
  t.strictSame(await client.units(), []);
  const answer = await world.put('deis-router@1.service', { desiredState: 'launched' });
  t.match(answer, { status: 400, body: /use deisctl/ });
  const path = '/fleet/v1/units/deis-router@1.service';
  t.match(await world.ask(path, { method: 'DELETE' }), { status: 400 });
  t.match(await world.put('blog_v1.web.1.service', { options: service() }), { status: 400 });
});

// From an image to an app served by three machines: what a newcomer sees first.

import Handlebars from 'handlebars';
import t from 'tap';
import { startLoad } from './load.ts';
import { appUnits, deployHello, eventually, platform } from './platform.ts';

const on = await platform();
await deployHello(on, 'hello', { web: 3, worker: 1 });

t.test('three machines are ready and the platform runs on them', async (t) => {
  const machines = JSON.parse(await on.mustDeisctl('machines', '--json')) as {
    state: string;
    id: string;
    name: string;
    ip: string;
    metadata: object;
  }[];
  t.same(
    machines.map(({ state }) => state),
    ['ready', 'ready', 'ready'],
  );
  const units = JSON.parse(await on.mustDeisctl('list', '--json')) as { unit: string }[];
  t.ok(units.some(({ unit }) => unit === 'deis-router@3.service'));
  t.notOk(units.some(({ unit }) => unit.startsWith('hello')));
});

t.test('the app is served by three different containers on three machines', async (t) => {
  const units = await appUnits(on, 'hello');
  const web = units.filter(({ unit }) => unit.includes('.web.'));
  t.equal(new Set(web.map(({ machine }) => machine)).size, 3);
  t.ok(web.every(({ active }) => active === 'active'));
  const bodies = new Set<string>();
  for (let asked = 0; asked < 30; asked += 1) bodies.add((await on.get('hello')).body);
  t.equal(bodies.size, 3);
});

t.test('every machine serves the app on port 80', async (t) => {
  for (const { ip } of on.context.machines) {
    const load = startLoad({ host: ip, port: 80, site: `hello.${on.context.domain}`, rate: 10 });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { failures, answered } = await load.stop();
    t.same(failures, []);
    t.ok(answered >= 9);
  }
});

t.test('unknown hosts are 404, an app scaled to zero is 503', async (t) => {
  const unknown = await on.get('nobody');
  t.equal(unknown.status, 404);
  t.match(unknown.body, '404 Not Found');
  await deployHello(on, 'empty', { web: 0 });
  const answer = await eventually('503', 5, async () => {
    const { status } = await on.get('empty');
    return status === 503 && status;
  });
  t.equal(answer, 503);
  await on.mustDeis('apps:destroy', '-a', 'empty', '--confirm', 'empty');
});

t.test('a new release replaces the old one without a lost request', async (t) => {
  const load = startLoad({
    host: '127.0.0.1',
    port: on.context.doors.http,
    site: `hello.${on.context.domain}`,
    rate: 100,
  });
  await on.mustDeis('config:set', 'GREETING=Bonjour', '-a', 'hello');
  const { body } = await on.get('hello');
  t.match(body, 'Bonjour');
  await on.mustDeis('rollback', '-a', 'hello');
  const report = await load.stop();
  t.same(report.failures, []);
  t.ok(report.answered > 100, `${report.answered} requests`);
  t.match((await on.get('hello')).body, 'Hello');
});

t.test('logs of all containers come back in order', async (t) => {
  const logs = await on.mustDeis('logs', '-a', 'hello');
  t.match(logs, /hello\[web\.1\]: web listens on/);
  t.match(logs, /hello\[worker\.1\]: worker started/);
});

t.test('the upstreams in the store are those the routers serve', async (t) => {
  const { stdout } = await on.exec(
    1,
    'ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/deis/tls/ca.crt --cert /etc/deis/tls/deisd.crt --key /etc/deis/tls/deisd.key get --prefix /deis/services/hello/ --print-value-only',
  );
  const upstreams = stdout.split('\n').filter(Boolean);
  t.equal(upstreams.length, 3);
  for (const address of upstreams) {
    const [host, port] = address.split(':');
    const answer = await on.exec(1, `curl -s http://${host}:${port}/healthz`);
    t.equal(answer.stdout, 'ok');
  }
  const template = Handlebars.compile('{{#each upstreams}}server {{this}};\n{{/each}}');
  const file = template({ upstreams: upstreams.toSorted() });
  for (const { name } of on.context.machines) {
    const routed = JSON.parse(await on.sh(name, 'cat /var/lib/deis/router/view.json')) as {
      groups: Record<string, string[]>;
    };
    const served = template({ upstreams: routed.groups['hello']?.toSorted() });
    t.equal(served, file, `what the router of ${name} serves is what a template makes of the keys`);
  }
});

t.test('machines have room for many connections', async (t) => {
  const names = 'net.netfilter.nf_conntrack_tcp_timeout_time_wait net.ipv4.tcp_tw_reuse';
  for (const { name } of on.context.machines) {
    t.equal(await on.sh(name, `sysctl -n ${names} | xargs`), '10 1', name);
  }
});

t.test('routers come and go without a lost request', { timeout: 180_000 }, async (t) => {
  const load = startLoad({
    host: '127.0.0.1',
    port: on.context.doors.http,
    site: `hello.${on.context.domain}`,
    rate: 100,
  });
  await on.mustDeisctl('scale', 'router=1');
  await on.mustDeisctl('scale', 'router=3');
  const report = await load.stop();
  t.same(report.failures, []);
  t.ok(report.answered > 500, `${report.answered} requests`);
});

// The store loses everything: first the prefix deleted by hand, then an empty etcd in place of the old one. Nothing stops.
// The last test of a run: the cluster is of no use afterwards.

import t from 'tap';
import { startLoad } from './load.ts';
import { containers, deployHello, eventually, platform } from './platform.ts';

const on = await platform();
await deployHello(on, 'hello', { web: 3, worker: 1 });
const machines = on.context.machines.map(({ name }) => name);
const everywhere = (script: string) => Promise.all(machines.map((name) => on.exec(name, script)));
const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const ETCDCTL =
  'ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/deis/tls/ca.crt --cert /etc/deis/tls/deisd.crt --key /etc/deis/tls/deisd.key';

t.test('the prefix deleted, then an empty etcd', { timeout: 240_000 }, async (t) => {
  const before = await containers(on);
  const requests = startLoad({
    host: '127.0.0.1',
    port: on.context.doors.http,
    site: `hello.${on.context.domain}`,
    rate: 50,
  });
  await on.sh(1, `${ETCDCTL} del --prefix /deis`);
  await pause(15);
  t.same(await containers(on), before, 'prefix deleted: no container stopped');
  t.same(requests.failuresSince(0), [], 'prefix deleted: served all the time');
  await eventually('status names it', 30, async () => {
    const { stdout, stderr } = await on.deisctl('status');
    return /was \/deis deleted|does not obey the store/.test(stdout + stderr);
  });
  await everywhere('systemctl stop etcd');
  await everywhere('rm -rf /var/lib/etcd/*');
  await everywhere('systemctl start --no-block etcd');
  await eventually('the new etcd answers', 60, async () => {
    return (await on.exec(1, `${ETCDCTL} get --prefix / --limit=1`)).code === 0;
  });
  await pause(15);
  t.same(await containers(on), before, 'empty etcd: no container stopped');
  await eventually('status names it', 30, async () => {
    const { stdout, stderr } = await on.deisctl('status');
    return /does not obey the store: the store (went back|is another)/.test(stdout + stderr);
  });
  await eventually('the empty store has roles again', 60, async () => {
    const own = ETCDCTL.replaceAll('deisd', 'router/router');
    const refused = await on.exec(1, `${own} put /deis/releases/hello/v99 x`);
    return /permission denied/.test(refused.stderr);
  });
  const report = await requests.stop();
  t.same(report.failures, [], `${report.answered} requests answered`);
});

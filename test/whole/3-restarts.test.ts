// What runs an app's containers may die and come back; the containers do not notice, and neither do requests.

import t from 'tap';
import { startLoad } from './load.ts';
import { containers, deployHello, eventually, platform } from './platform.ts';

const on = await platform();
await deployHello(on, 'hello', { web: 3, worker: 1 });

const machines = on.context.machines.map(({ name }) => name);
const load = () =>
  startLoad({
    host: '127.0.0.1',
    port: on.context.doors.http,
    site: `hello.${on.context.domain}`,
    rate: 100,
  });

t.test('deisd killed again and again on every machine', { timeout: 300_000 }, async (t) => {
  const before = await containers(on);
  const requests = load();
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(
      machines.map((name) => on.exec(name, 'systemctl kill -s KILL --kill-whom=main deisd')),
    );
    await Promise.all(
      machines.map((name) =>
        eventually(`deisd on ${name}`, 30, async () => {
          const { stdout } = await on.exec(name, 'systemctl is-active deisd');
          return stdout === 'active';
        }),
      ),
    );
  }
  const { failures, answered } = await requests.stop();
  t.same(failures, [], `${answered} requests answered`);
  t.same(await containers(on), before);
});

t.test('Docker restarted and killed on each machine', { timeout: 300_000 }, async (t) => {
  const before = await containers(on);
  const requests = load();
  for (const name of machines) {
    await on.sh(name, 'systemctl restart docker');
    await dockerAnswers(name, 30);
    await on.sh(name, 'kill -9 $(pidof dockerd)');
    await dockerAnswers(name, 60);
  }
  // What comes of the last one may come late; of the others it had the time.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const { failures, answered } = await requests.stop();
  t.same(failures, [], `${answered} requests answered`);
  t.same(await containers(on), before);
  for (const name of machines) {
    const states = await on.sh(name, 'systemctl is-active "hello_v*.service" "deis-*.service"');
    t.same(new Set(states.split('\n')), new Set(['active']), name);
  }
});

function dockerAnswers(name: string, seconds: number): Promise<true> {
  return eventually(`docker on ${name}`, seconds, async () => {
    return (await on.exec(name, 'docker ps -q')).code === 0;
  });
}

t.test('the waiter of a container killed: it is adopted again', { timeout: 60_000 }, async (t) => {
  const before = await containers(on);
  const requests = load();
  const name = machines[0]!;
  const list = await on.sh(name, 'systemctl list-units --no-legend --plain "hello_v*"');
  const unit = list.split('\n')[0]!.split(' ')[0]!;
  await on.sh(name, `systemctl kill -s KILL --kill-whom=main ${unit}`);
  await eventually(`${unit} active`, 30, async () => {
    return (await on.exec(name, `systemctl is-active ${unit}`)).stdout === 'active';
  });
  const { failures } = await requests.stop();
  t.same(failures, []);
  t.same(await containers(on), before);
});

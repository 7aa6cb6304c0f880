// An app that is changed while things go wrong, and the question whether it is whole afterwards: all new or all old, and nothing else left.

import type { Test } from 'tap';
import { type Deployment, type DeploymentStep, isFinished } from '../../src/model/rollout.ts';
import { parseContainerName } from '../../src/model/ids.ts';
import { keys } from '../../src/registry/keys.ts';
import { Mirror } from '../../src/registry/mirror.ts';
import { startLoad } from './load.ts';
import { eventually, type Output, type TestPlatform } from './platform.ts';
import { openStore } from './store.ts';

export async function prey(on: TestPlatform, app: string, web: string) {
  const { registry } = await openStore(on);
  const deis = (...args: string[]): Promise<Output> => on.deis(...args, '-a', app);
  const must = (...args: string[]): Promise<string> => on.mustDeis(...args, '-a', app);
  const build = (...lines: string[]): Promise<Output> =>
    deis('builds:create', on.hello.reference, '-p', lines.join('\n'));

  async function begin(structure = 'web=3'): Promise<void> {
    await on.mustDeis('apps:create', app, '--no-remote');
    const { code, stderr } = await build(web, 'worker: exec sleep 100000');
    if (code !== 0) throw new Error(stderr);
    await must('policy:set', 'minHealthy=0', 'stopTimeout=3');
    await must('ps:scale', ...structure.split(' '));
  }

  const record = async (): Promise<Deployment | undefined> =>
    (await registry.get(keys.deployments, [app], on.signal))?.value;

  /** Resolves with the record when a deployment that is not `before` has reached the step. */
  async function reached(step: DeploymentStep, before: string | undefined): Promise<Deployment> {
    const over = new AbortController();
    const mirror = new Mirror(keys.deployments);
    const { promise, resolve } = Promise.withResolvers<Deployment>();
    const look = (): void => {
      const now = mirror.get(app)?.value;
      if (now && now.id !== before && now.events.some((event) => event.step === step)) resolve(now);
    };
    const watching = mirror.start(registry.store, look, AbortSignal.any([on.signal, over.signal]));
    try {
      return await promise;
    } finally {
      over.abort();
      await watching;
    }
  }

  const ofApp = (name: string): boolean => parseContainerName(name)?.app === app;

  /** What is there of the app, by family. */
  async function traces(
    goneCount = true,
  ): Promise<{ wanted: string[]; states: string[]; services: string[] }> {
    const [wanted, states, services] = await Promise.all([
      registry.list(keys.appUnits, [], on.signal),
      registry.list(keys.states, [], on.signal),
      registry.list(keys.services, [app], on.signal),
    ]);
    return {
      wanted: wanted.items
        .filter(({ value }) => goneCount || value.desired !== 'gone')
        .map(({ ids }) => ids[0]!)
        .filter(ofApp)
        .toSorted(),
      states: states.items
        .map(({ ids }) => ids[1]!)
        .filter(ofApp)
        .toSorted(),
      services: services.items.map(({ ids }) => ids[1]!).toSorted(),
    };
  }

  /** `app_v3.web.1` of all machines. */
  async function containers(): Promise<string[]> {
    const all = await Promise.all(
      on.context.machines.map(({ name }) => on.sh(name, "docker ps -a --format '{{.Names}}'")),
    );
    return all.flatMap((text) => text.split('\n')).filter((name) => ofApp(`${name}.service`));
  }

  /**
   * The deployment has ended, and what runs is exactly what the app's release and structure say. With a machine that is `away`, what
   * is to go there stays written down until it is back.
   */
  async function isWhole(
    t: Test,
    structure: Record<string, number>,
    away = false,
  ): Promise<Deployment> {
    const last = await eventually('it has ended', 180, async () => {
      const now = await record();
      return now && isFinished(now) && now;
    });
    const live = (await registry.get(keys.apps, [app], on.signal))!.value;
    t.equal(
      live.release,
      last.step === 'done' ? last.to : last.from,
      `${last.step}: v${live.release}`,
    );
    const names = Object.entries(structure).flatMap(([type, count]) =>
      Array.from({ length: count }, () => type),
    );
    await eventually(
      `only v${live.release} is left: ${names.join(' ') || 'nothing'}`,
      90,
      async () => {
        const { wanted, states, services } = await traces(!away);
        const kinds = wanted.map((unit) => parseContainerName(unit)!);
        const routed = wanted.filter((unit) => parseContainerName(unit)!.type === 'web');
        const are = kinds
          .map(({ type }) => type)
          .toSorted()
          .join(' ');
        if (are !== names.toSorted().join(' ')) throw new Error(`wanted: ${wanted.join(', ')}`);
        if (kinds.some(({ release }) => release !== live.release))
          throw new Error(wanted.join(', '));
        if (states.join() !== wanted.join()) throw new Error(`states: ${states.join(', ')}`);
        if (services.join() !== routed.join()) throw new Error(`services: ${services.join(', ')}`);
        return true;
      },
    );
    return last;
  }

  async function underLoad<T>(t: Test, act: () => Promise<T>, rate = 50): Promise<T> {
    const { doors, domain } = on.context;
    const at = { host: '127.0.0.1', port: doors.http, site: `${app}.${domain}` };
    const load = startLoad({ ...at, rate });
    const result = await act();
    const { failures, answered } = await load.stop();
    t.same(failures.slice(0, 10), [], `0 failed of ${answered} requests`);
    return result;
  }

  return {
    deis,
    must,
    build,
    begin,
    record,
    reached,
    traces,
    containers,
    isWhole,
    underLoad,
    ofApp,
  };
}

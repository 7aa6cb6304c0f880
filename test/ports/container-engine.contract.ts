// What every ContainerEngine must do. A fake is as good as the part of this suite it passes.

import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { DeisError, type ErrorCode } from '../../src/model/errors.ts';
import type {
  Container,
  ContainerEngine,
  ContainerEvent,
  ContainerObserver,
} from '../../src/ports/container-engine.ts';

export interface EngineUnderTest {
  engine: ContainerEngine;
  /** An image that is here and EXPOSEs 80/tcp and 8080/tcp. */
  image: string;
  /** Path of an archive that brings this image. */
  archive: string;
  /** Makes and starts a container of the image with these labels; its process runs until it is killed. */
  run: (name: string, labels: Record<string, string>) => Promise<void>;
}

export class ContainerWitness implements ContainerObserver {
  readonly said: string[] = [];
  snapshots: Container[][] = [];
  last: ContainerEvent | undefined;

  snapshot(containers: Container[]): void {
    this.said.push('snapshot');
    this.snapshots.push(containers);
  }

  event(event: ContainerEvent): void {
    this.said.push(`${event.action} ${event.name}`);
    this.last = event;
  }

  interrupted(): void {
    this.said.push('interrupted');
  }

  async until(line: string, times = 1): Promise<void> {
    const heard = (): number => this.said.filter((said) => said === line).length;
    for (let left = 1500; heard() < times; left -= 1) {
      if (left === 0) throw new Error(`never heard "${line}"; heard: ${this.said.join(', ')}`);
      await delay(20);
    }
  }
}

export async function codeOf(promise: Promise<unknown>): Promise<ErrorCode | 'nothing'> {
  try {
    await promise;
    return 'nothing';
  } catch (error) {
    if (error instanceof DeisError) return error.code;
    throw error;
  }
}

/** `t` runs the suite as its subtests. Containers are called `contract-*`. */
export async function containerEngineContract(t: Test, hand: EngineUnderTest): Promise<void> {
  const { engine, image, archive, run } = hand;
  const { signal } = new AbortController();
  const labels = { 'deis.managed': 'true', 'deis.contract': 'yes' };

  await t.test('images', async (t) => {
    t.match(await engine.ping(signal), /^\d+\.\d+/);
    t.equal(await engine.imageExists(image, signal), true);
    t.equal(await engine.imageExists('contract-none:1', signal), false);
    t.strictSame(await engine.exposedPorts(image, signal), [80, 8080]);
    t.equal(await codeOf(engine.exposedPorts('contract-none:1', signal)), 'not-found');
    t.strictSame(await engine.loadArchive(archive, signal), [image]);
    t.equal(await codeOf(engine.loadArchive(`${archive}.none`, signal)), 'not-found');
  });

  await t.test('a container is seen, stopped and removed', async (t) => {
    const name = 'contract-one';
    await run(name, labels);
    const container = await engine.inspect(name, signal);
    t.match(container, { name, image, labels, running: true, exitCode: 0, startedAt: /^20/ });
    t.match(container?.ip, /^\d+\.\d+\.\d+\.\d+$/);
    t.ok(container!.pid > 0);
    t.strictSame(await engine.inspect(container!.id, signal), container, 'by its id as well');
    t.match(await engine.containers({ 'deis.contract': '' }, signal), [{ id: container!.id }]);
    t.strictSame(await engine.containers({ 'deis.contract': 'no' }, signal), []);
    await engine.stop(name, 1, signal);
    await engine.stop(name, 1, signal);
    t.match(await engine.inspect(name, signal), { running: false, ip: '', pid: 0, exitCode: 137 });
    t.equal(
      (await engine.containers({ 'deis.contract': 'yes' }, signal)).length,
      1,
      'listed still',
    );
    await engine.remove(name, signal);
    t.equal(await engine.inspect(name, signal), undefined);
  });

  await t.test('what is not there is no trouble', async (t) => {
    await engine.stop('contract-none', 1, signal);
    await engine.remove('contract-none', signal);
    t.equal(await engine.inspect('contract-none', signal), undefined);
  });

  await t.test('an observer hears of ours only, beginning with what is', async (t) => {
    const stop = new AbortController();
    const witness = new ContainerWitness();
    await run('contract-before', labels);
    const watching = engine.watch({ 'deis.contract': '' }, witness, stop.signal);
    await witness.until('snapshot');
    t.match(witness.snapshots, [[{ name: 'contract-before', running: true }]]);
    await run('contract-other', { 'deis.other': 'yes' });
    await run('contract-two', labels);
    await witness.until('start contract-two');
    t.match(witness.last, { labels });
    const { id } = witness.last!;
    t.equal((await engine.inspect('contract-two', signal))?.id, id);
    await engine.stop('contract-two', 0, signal);
    await witness.until('die contract-two');
    t.match(witness.last, { action: 'die', id, labels, exitCode: 137 });
    await engine.remove(id, signal);
    await witness.until('destroy contract-two');
    for (const name of ['contract-before', 'contract-other']) await engine.remove(name, signal);
    await witness.until('destroy contract-before');
    stop.abort();
    await watching;
    await run('contract-after', labels);
    await engine.remove('contract-after', signal);
    await engine.watch({}, witness, AbortSignal.abort());
    t.strictSame(witness.said, [
      'snapshot',
      'start contract-two',
      'die contract-two',
      'destroy contract-two',
      'die contract-before',
      'destroy contract-before',
    ]);
  });

  await t.test('a call whose signal has ended rejects with its reason', async (t) => {
    const reason = new Error('enough');
    const over = AbortSignal.abort(reason);
    const calls: (() => Promise<unknown>)[] = [
      () => engine.ping(over),
      () => engine.pull('contract-none:1', over),
      () => engine.imageExists(image, over),
      () => engine.exposedPorts(image, over),
      () => engine.containers({}, over),
      () => engine.inspect('contract-none', over),
      () => engine.stop('contract-none', 1, over),
      () => engine.remove('contract-none', over),
      () => engine.loadArchive(archive, over),
    ];
    for (const call of calls) await t.rejects(async () => void (await call()), reason);
  });
}

// What every UnitManager must do: run over the pretended host and over a real systemd, so that a test with the former means something.

import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import type { UnitActivity, UnitManager, UnitObserver } from '../../src/ports/unit-manager.ts';

const SLEEPER = '[Service]\nExecStart=/bin/sleep 1000\n';

/** Keeps what it is told. */
export class UnitWitness implements UnitObserver {
  readonly said: string[] = [];
  readonly now = new Map<string, UnitActivity>();

  snapshot(units: UnitActivity[]): void {
    this.said.push('snapshot');
    this.now.clear();
    for (const unit of units) this.now.set(unit.name, unit);
  }

  changed(unit: UnitActivity): void {
    this.said.push(`${unit.name} ${unit.active}`);
    this.now.set(unit.name, unit);
  }

  interrupted(): void {
    this.said.push('interrupted');
  }

  async until(what: (witness: this) => boolean, words: string): Promise<void> {
    for (let left = 500; !what(this); left -= 1) {
      if (left === 0) throw new Error(`never heard that ${words}; heard: ${this.said.join(', ')}`);
      await delay(20);
    }
  }
}

/** `t` runs the suite as its subtests. Units are called `contract-*`. */
export async function unitManagerContract(t: Test, units: UnitManager): Promise<void> {
  const { signal } = new AbortController();
  const name = 'contract-one.service';
  const names = async (): Promise<string[]> =>
    (await units.installed(signal))
      .map((file) => file.name)
      .filter((x) => x.startsWith('contract'));

  await t.test('a unit lives from its file to its removal', async (t) => {
    t.strictSame(await units.install([{ name, content: SLEEPER }], signal), []);
    t.strictSame(await units.installed(signal), [{ name, content: SLEEPER }]);
    t.strictSame(await units.start(name, signal), { result: 'done', reason: '' });
    t.match(await units.status(name, signal), { load: 'loaded', active: 'active' });
    const listed = await units.list(['contract-*'], signal);
    t.match(listed, [{ name, load: 'loaded', active: 'active', sub: 'running' }]);
    t.strictSame(await units.start(name, signal), { result: 'done', reason: '' }, 'started again');
    t.strictSame(await units.restart(name, signal), { result: 'done', reason: '' });
    t.strictSame(await units.stop(name, signal), { result: 'done', reason: '' });
    t.strictSame(await units.stop(name, signal), { result: 'done', reason: '' }, 'stopped again');
    await units.remove([name], signal);
    t.strictSame(await names(), []);
    t.match(await units.status(name, signal), { load: 'not-found', active: 'inactive' });
  });

  await t.test('what is not there is no trouble', async (t) => {
    const none = 'contract-none.service';
    t.match(await units.start(none, signal), { result: 'refused', reason: /not found/ });
    t.match(await units.stop(none, signal), { result: 'done' });
    await units.resetFailed(none, signal);
    await units.remove([none], signal);
    t.match(await units.status(none, signal), { load: 'not-found', active: 'inactive' });
  });

  await t.test('an observer hears of everything, beginning with what is', async (t) => {
    await units.install([{ name, content: SLEEPER }], signal);
    await units.start(name, signal);
    const stop = new AbortController();
    const witness = new UnitWitness();
    const watching = units.watch(witness, stop.signal);
    await witness.until(({ now }) => now.get(name)?.active === 'active', 'it is active');
    t.equal(witness.said[0], 'snapshot');
    await units.stop(name, signal);
    await witness.until(({ now }) => now.get(name)?.active === 'inactive', 'it is inactive');
    await units.start(name, signal);
    await witness.until(({ now }) => now.get(name)?.active === 'active', 'it is active again');
    stop.abort();
    await watching;
    const count = witness.said.length;
    await units.stop(name, signal);
    t.equal(witness.said.length, count, 'and nothing after it has gone');
    await units.remove([name], signal);
  });

  await t.test('a call whose signal has ended rejects with its reason', async (t) => {
    const reason = new Error('enough');
    await t.rejects(units.start(name, AbortSignal.abort(reason)), reason);
    await t.rejects(units.list(['*'], AbortSignal.abort(reason)), reason);
  });
}

// A signal that comes in one piece with the answer to a question is heard first, though it is the newer of the two.

import t from 'tap';
import type { SystemdBus } from '../../src/adapters/systemd-bus.ts';
import { pathOfUnit } from '../../src/adapters/systemd-names.ts';
import { SystemdWatch } from '../../src/adapters/systemd-watch.ts';
import type { BusSignal } from '../../src/adapters/systemd-session.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Log } from '../../src/ports/log.ts';
import type { UnitActivity } from '../../src/ports/unit-manager.ts';

const UNIT = 'trivial.service';
const log: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => log,
};

/** systemd as the watch sees it: answers with the unit's state, and says `active` before the answer is taken up. */
function startsWhileAsked(atQuestion: number): { bus: SystemdBus; questions: () => number } {
  let hear: (signal: BusSignal) => void = () => {};
  let state = 'inactive';
  let questions = 0;
  const session = {
    ended: new Promise<void>(() => {}),
    close: () => {},
    call: () => {
      questions += 1;
      const answer = [[[UNIT, '', 'loaded', state, state === 'active' ? 'running' : 'dead']]];
      return new Promise<unknown[]>((resolve) =>
        setTimeout(() => {
          resolve(answer);
          if (questions !== atQuestion) return;
          state = 'active';
          const changes = { ActiveState: { value: 'active' }, SubState: { value: 'running' } };
          const body = ['org.freedesktop.systemd1.Unit', changes, []];
          const from = 'org.freedesktop.DBus.Properties';
          hear({ path: pathOfUnit(UNIT), interface: from, member: 'PropertiesChanged', body });
        }, 5),
      );
    },
  };
  const bus = {
    listen: (listener: typeof hear) => {
      hear = listener;
      return { stop: () => {} };
    },
    patientSession: () => Promise.resolve(session),
  };
  return { bus: bus as unknown as SystemdBus, questions: () => questions };
}

for (const [when, atQuestion] of [
  ['the first list', 1],
  ['a question about one unit', 2],
] as const) {
  t.test(`a unit starts during ${when}`, async (t) => {
    const { bus, questions } = startsWhileAsked(atQuestion);
    const over = new AbortController();
    let seen: UnitActivity | undefined;
    const watch = new SystemdWatch(
      {
        bus,
        names: () => Promise.resolve([UNIT]),
        isOurs: (name) => name === UNIT,
        clock: systemClock,
        log,
      },
      {
        snapshot: ([first]) => (seen = first),
        changed: (unit) => (seen = unit),
        interrupted: () => {},
      },
    );
    const running = watch.run(over.signal);
    await systemClock.sleep(20, over.signal);
    if (atQuestion > 1) watch.doubt([UNIT], over.signal);
    for (let turn = 0; turn < 200 && questions() <= atQuestion; turn += 1) {
      await systemClock.sleep(5, over.signal);
    }
    await systemClock.sleep(20, over.signal);
    t.match(seen, { active: 'active', sub: 'running' }, 'what is seen last is what is');
    over.abort();
    await running;
  });
}

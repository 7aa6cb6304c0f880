// Silence becomes loss only without any doubt: scripts of what the leader sees, second by second.

import t from 'tap';
import {
  BRAKE_MS,
  judge,
  LOST_AFTER_MS,
  NO_MEMORY,
  type Sighting,
} from '../../src/scheduler/loss.ts';

/** One look at the machines `seconds` after the start. */
interface Look {
  at: number;
  /**
   * Machines without a heartbeat: `m1` (its probes fail), `m1~` (and did so for five seconds before), `m1?` (not probed yet),
   * `m1!` (its deisd answers).
   */
  silent: string;
  /** How many machines there are. */
  of?: number;
  breaks?: number;
  /** `lost m1, suspect m1 m2`, as sentences. */
  says: string;
}

interface Script {
  title: string;
  looks: Look[];
}

const span = (from: number, to: number, silent: string, says: string, of = 3): Look[] => {
  const looks: Look[] = [];
  for (let at = from; at <= to; at += 0.5) looks.push({ at, silent, says, of });
  return looks;
};

const SCRIPTS: Script[] = [
  { title: 'all alive', looks: [{ at: 0, silent: '', says: '' }] },
  {
    title: 'silent for four seconds with failing probes: lost',
    looks: [
      { at: 0, silent: '', says: '' },
      ...span(1, 4.5, 'm1', 'suspect m1'),
      { at: 5, silent: 'm1', says: 'suspect m1, lost m1' },
    ],
  },
  {
    title: 'its probes failed long before its heartbeat ended: lost a second after that',
    looks: [
      { at: 0, silent: '', says: '' },
      { at: 10, silent: '', says: '' },
      { at: 10.5, silent: 'm1~', says: 'suspect m1' },
      { at: 11, silent: 'm1~', says: 'suspect m1' },
      { at: 11.5, silent: 'm1~', says: 'suspect m1, lost m1' },
    ],
  },
  {
    title: 'what probes said before a break of the watch, or before the election, does not count',
    looks: [
      { at: 0, silent: '', says: '' },
      { at: 10, silent: '', breaks: 1, says: '' },
      { at: 10.5, silent: 'm1~', breaks: 1, says: 'suspect m1' },
      ...span(11, 13.5, 'm1~', 'suspect m1').map((look) => ({ ...look, breaks: 1 })),
      { at: 14, silent: 'm1~', breaks: 1, says: 'suspect m1, lost m1' },
    ],
  },
  {
    title: 'never probed: not lost, however long',
    looks: span(0, 10, 'm1?', 'suspect m1'),
  },
  {
    title: 'a machine that answers the probe is suspect, never lost',
    looks: span(0, 20, 'm1!', 'suspect m1'),
  },
  {
    title: 'one answer starts the four seconds anew',
    looks: [
      ...span(0, 3, 'm1', 'suspect m1'),
      { at: 3.5, silent: 'm1!', says: 'suspect m1' },
      ...span(4, 7, 'm1', 'suspect m1'),
    ],
  },
  {
    title: 'its heartbeat is back: forgotten, and the next silence counts from its own beginning',
    looks: [
      ...span(0, 3, 'm1', 'suspect m1'),
      { at: 3.5, silent: '', says: '' },
      ...span(4, 7.5, 'm1', 'suspect m1'),
      { at: 8, silent: 'm1', says: 'suspect m1, lost m1' },
    ],
  },
  {
    title: "a break of the leader's watch starts it anew",
    looks: [
      ...span(0, 3.5, 'm1', 'suspect m1'),
      { at: 4, silent: 'm1', breaks: 1, says: 'suspect m1' },
      { at: 5, silent: 'm1', breaks: 1, says: 'suspect m1' },
      { at: 6.5, silent: 'm1', breaks: 1, says: 'suspect m1' },
      { at: 8, silent: 'm1', breaks: 1, says: 'suspect m1, lost m1' },
    ],
  },
  {
    title: 'a leader that slept starts it anew: the silence may have been its own',
    looks: [
      ...span(0, 2, 'm1', 'suspect m1'),
      { at: 33, silent: 'm1', says: 'suspect m1' },
      ...span(33.5, 36.5, 'm1', 'suspect m1'),
      { at: 37, silent: 'm1', says: 'suspect m1, lost m1' },
    ],
  },
  {
    title: 'a third of many at once is no reason to brake',
    looks: [
      ...span(0, 3.5, 'm1 m2 m3', 'suspect m1 m2 m3', 9),
      { at: 4, silent: 'm1 m2 m3', of: 9, says: 'suspect m1 m2 m3, lost m1 m2 m3' },
    ],
  },
  {
    title: 'more than a third at once: nobody for 27 s, then one after the other',
    looks: [
      ...span(0, 26.5, 'm1 m2', 'suspect m1 m2, brake'),
      { at: 27, silent: 'm1 m2', says: 'suspect m1 m2, lost m1, brake' },
      ...span(27.5, 30.5, 'm2', 'suspect m2, brake', 2),
      { at: 31, silent: 'm2', of: 2, says: 'suspect m2, lost m2, brake' },
      { at: 31.5, silent: '', of: 1, says: '' },
    ],
  },
  {
    title: 'a declaration that could not be written is made again at once',
    looks: [
      ...span(0, 26.5, 'm1 m2', 'suspect m1 m2, brake'),
      { at: 27, silent: 'm1 m2', says: 'suspect m1 m2, lost m1, brake' },
      { at: 27.5, silent: 'm1 m2', says: 'suspect m1 m2, lost m1, brake' },
    ],
  },
  {
    title: 'the brake lets go when enough of them are back',
    looks: [
      ...span(0, 10, 'm1 m2', 'suspect m1 m2, brake'),
      { at: 10.5, silent: 'm2', says: 'suspect m2, lost m2' },
    ],
  },
  {
    title: 'a break while the brake is on begins its time anew',
    looks: [
      ...span(0, 20, 'm1 m2', 'suspect m1 m2, brake'),
      ...span(20.5, 47, 'm1 m2', 'suspect m1 m2, brake').map((look) => ({ ...look, breaks: 1 })),
      { at: 47.5, silent: 'm1 m2', breaks: 1, says: 'suspect m1 m2, lost m1, brake' },
    ],
  },
  {
    title: 'of two machines one may be silent',
    looks: [
      ...span(0, 3.5, 'm1', 'suspect m1', 2),
      { at: 4, silent: 'm1', of: 2, says: 'suspect m1, lost m1' },
    ],
  },
];

function sightings(silent: string, of: number, now: number, answered: Map<string, number>) {
  const marks = new Map(
    silent
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => [word.replace(/[?!~]/, ''), word.at(-1)]),
  );
  const ids = new Set([...marks.keys(), ...Array.from({ length: of }, (_, n) => `m${9 - n}`)]);
  return [...ids].slice(0, Math.max(of, marks.size)).map((id): Sighting => {
    const mark = marks.get(id);
    if (mark === '!') answered.set(id, now);
    const answeredAt = answered.get(id);
    return {
      id,
      alive: !marks.has(id),
      ...(answeredAt === undefined ? {} : { answeredAt }),
      ...(marks.has(id) && mark !== '?' && mark !== '!' ? { failedAt: now } : {}),
      ...(mark === '~' ? { failingSince: now - 5000 } : {}),
    };
  });
}

for (const { title, looks } of SCRIPTS) {
  void t.test(title, async (t) => {
    let memory = NO_MEMORY;
    const answered = new Map<string, number>();
    for (const { at, silent, of = 3, breaks = 0, says } of looks) {
      const now = at * 1000;
      const machines = sightings(silent, of, now, answered);
      const judgement = judge(memory, { now, wall: now, machines, breaks });
      memory = judgement.memory;
      const words = [
        ...(judgement.suspect.size > 0 ? [`suspect ${[...judgement.suspect].join(' ')}`] : []),
        ...(judgement.lost.size > 0 ? [`lost ${[...judgement.lost.keys()].join(' ')}`] : []),
        ...(judgement.brake === undefined ? [] : ['brake']),
      ];
      t.equal(words.join(', '), says, `at ${at} s`);
    }
  });
}

void t.test('people are told until when, and what happens then', async (t) => {
  const machines = ['m1', 'm2', 'm3'].map((id) => ({ id, alive: false, failedAt: 0 }));
  const first = judge(NO_MEMORY, { now: 0, wall: 1000, machines, breaks: 0 });
  const until = new Date(1000 + BRAKE_MS).toISOString();
  t.equal(
    first.brake,
    `3 of 3 machines are silent at once; nothing is declared lost until ${until}`,
  );
  let memory = first.memory;
  let brake: string | undefined;
  for (let now = 500; now <= BRAKE_MS; now += 500) {
    const failing = machines.map((one) => ({ ...one, failedAt: now }));
    ({ memory, brake } = judge(memory, { now, wall: 1000 + now, machines: failing, breaks: 0 }) as {
      memory: typeof memory;
      brake: string | undefined;
    });
  }
  t.equal(
    brake,
    `3 of 3 machines are silent at once; they are declared lost one after the other since ${until}`,
  );
  t.ok(LOST_AFTER_MS < BRAKE_MS);
});

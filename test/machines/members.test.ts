// Who carries the store, on paper: an odd number, never below a quorum, machines come before machines go.

import fc from 'fast-check';
import t from 'tap';
import { type Carrier, nextStep, wantedMembers } from '../../src/machines/members/plan.ts';
import { quorumOf, type StoreMember } from '../../src/model/store-member.ts';

const ipOf = (number: number): string => `10.0.0.${number}`;
const carrier = (number: number, able = true): Carrier => ({
  id: `m${number}`,
  ip: ipOf(number),
  able,
});
const member = (number: number, more: Partial<StoreMember> = {}): StoreMember => ({
  id: String(number),
  name: `m${number}`,
  ip: ipOf(number),
  peer: `https://${ipOf(number)}:2380`,
  endpoint: `https://${ipOf(number)}:2379`,
  learner: false,
  healthy: true,
  leads: false,
  ...more,
});
const all = (...numbers: number[]): Carrier[] => numbers.map((number) => carrier(number));

interface Run {
  steps: string[];
  members: StoreMember[];
  /** How many votes there were after each step, and how many of them answered. */
  votes: { voters: number; healthy: number }[];
}

/** Carries steps out until nothing is to be done. */
function carryOut(begin: readonly StoreMember[], carriers: readonly Carrier[]): Run {
  let members = [...begin];
  const run: Run = { steps: [], members, votes: [] };
  for (let round = 0; round < 40; round += 1) {
    const step = nextStep(members, carriers);
    if (step.kind === 'done' || step.kind === 'stuck') {
      run.steps.push(step.kind);
      break;
    }
    const ip = step.kind === 'add' ? step.carrier.ip : step.member.ip;
    run.steps.push(`${step.kind} ${ip.split('.').at(-1)}`);
    if (step.kind === 'add') {
      members = [...members, member(Number(ip.split('.').at(-1)), { learner: true })];
    } else if (step.kind === 'promote') {
      members = members.map((one) => (one.ip === ip ? { ...one, learner: false } : one));
    } else members = members.filter((one) => one.ip !== ip);
    const voters = members.filter(({ learner }) => !learner);
    run.votes.push({ voters: voters.length, healthy: voters.filter((v) => v.healthy).length });
  }
  return { ...run, members };
}

t.test('one, three, five', async (t) => {
  t.strictSame([1, 2, 3, 4, 5, 6, 99].map(wantedMembers), [1, 1, 3, 3, 5, 5, 5]);
});

t.test('it grows with the cluster', async (t) => {
  t.strictSame(carryOut([member(1)], all(1, 2)).steps, ['done']);
  t.strictSame(carryOut([member(1)], all(1, 2, 3)).steps, [
    'add 2',
    'promote 2',
    'add 3',
    'promote 3',
    'done',
  ]);
  t.strictSame(
    carryOut(
      [1, 2, 3].map((n) => member(n)),
      all(1, 2, 3, 4),
    ).steps,
    ['done'],
  );
});

t.test('it shrinks, the least preferred machines first, the leader last', async (t) => {
  const five = [1, 2, 3, 4, 5].map((n) => member(n, { leads: n === 2 }));
  t.strictSame(carryOut(five, all(1, 5, 4, 3)).steps, ['remove 2', 'remove 3', 'done']);
  t.strictSame(carryOut(five, all(1)).steps, [
    'remove 3',
    'remove 4',
    'remove 5',
    'remove 2',
    'done',
  ]);
});

t.test('a member that goes is replaced first', async (t) => {
  const three = [1, 2, 3].map((n) => member(n));
  t.strictSame(carryOut(three, all(1, 2, 4)).steps, ['add 4', 'promote 4', 'remove 3', 'done']);
  t.strictSame(carryOut([member(1)], all(2)).steps, ['add 2', 'promote 2', 'remove 1', 'done']);
});

t.test('a dead one goes first, and never so that the rest is none', async (t) => {
  const three = [member(1), member(2), member(3, { healthy: false })];
  t.strictSame(carryOut(three, all(1, 2, 4)).steps, ['remove 3', 'add 4', 'promote 4', 'done']);
  const sick = [member(1), member(2, { healthy: false }), member(3, { healthy: false })];
  t.match(nextStep(sick, all(1, 2)), { kind: 'stuck' });
  t.match(nextStep([member(1)], []), { kind: 'stuck', problem: /only member/ });
});

t.test('where nobody can log in, no member is started: the number stays odd', async (t) => {
  const three = [1, 2, 3].map((n) => member(n));
  const carriers = [carrier(1), carrier(2), carrier(4, false)];
  t.strictSame(carryOut(three, carriers).steps, ['remove 3', 'remove 2', 'done']);
});

t.test('a run that was cut off is taken up again', async (t) => {
  const begun = [member(1), member(2, { learner: true, name: '', endpoint: '', healthy: false })];
  t.strictSame(carryOut(begun, all(1, 2, 3)).steps.slice(0, 1), ['promote 2']);
  t.strictSame(carryOut(begun, all(1)).steps, ['remove 2', 'done']);
  const even = [1, 2, 3, 4].map((n) => member(n));
  t.strictSame(carryOut(even, all(1, 2, 3, 4)).steps, ['remove 4', 'done']);
});

t.test(
  'whatever machines come and go: it ends odd, and a quorum answers all the time',
  async () => {
    const machines = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(machines, machines, (before, after) => {
        const members = before.slice(0, wantedMembers(before.length)).map((n) => member(n));
        const { steps, members: left, votes } = carryOut(members, all(...after));
        const odd = left.length % 2 === 1 && left.every(({ learner }) => !learner);
        const safe = votes.every(({ voters, healthy }) => healthy >= quorumOf(voters));
        return (
          steps.at(-1) === 'done' && odd && safe && left.length === wantedMembers(after.length)
        );
      }),
    );
  },
);

// What speaks against a reboot, on paper.

import t from 'tap';
import { orphaned, storeProblem } from '../../src/model/reboot.ts';

const member = (number: number, healthy = true, learner = false) => ({
  ip: `10.0.0.${number}`,
  healthy,
  learner,
});

t.test('the store keeps a majority without the machine', async (t) => {
  const three = [member(1), member(2), member(3)];
  t.equal(storeProblem(three, '10.0.0.1'), undefined);
  t.equal(storeProblem(three, '10.0.0.9'), undefined, 'it carries no member');
  t.equal(
    storeProblem([member(1), member(2), member(3, false)], '10.0.0.1'),
    "without it 1 of the store's 3 members would answer, 2 are needed",
  );
  t.equal(storeProblem([member(1), member(2), member(3, false)], '10.0.0.9'), undefined);
  t.match(storeProblem([member(1)], '10.0.0.1'), /0 of the store's 1/);
  t.match(
    storeProblem([member(1), member(2), member(3, true, true)], '10.0.0.1'),
    /1 of the store's 2/,
  );
});

t.test('every process type keeps a healthy container on a machine that stays', async (t) => {
  const at = (unit: string, machine: string, serving = true) => ({
    unit: `${unit}.service`,
    machine,
    serving,
  });
  const stay = new Set(['b', 'c']);
  t.strictSame(orphaned([at('blog_v2.web.1', 'a'), at('blog_v2.web.2', 'b')], 'a', stay), []);
  t.strictSame(orphaned([at('blog_v2.web.1', 'a'), at('blog_v2.web.2', 'a')], 'a', stay), [
    'blog.web',
  ]);
  t.strictSame(
    orphaned([at('blog_v2.web.1', 'a'), at('blog_v2.web.2', 'b', false)], 'a', stay),
    ['blog.web'],
    'a sick one elsewhere is none',
  );
  t.strictSame(
    orphaned([at('blog_v2.web.1', 'a'), at('blog_v2.web.2', 'd')], 'a', stay),
    ['blog.web'],
    'nor is one on a machine that leaves or is silent',
  );
  t.strictSame(
    orphaned([at('blog_v2.web.1', 'a'), at('blog_v3.web.1', 'b')], 'a', stay),
    [],
    'another release of the app is the app',
  );
  t.strictSame(
    orphaned([at('blog_v2.web.1', 'a', false), at('deis-router@1', 'a')], 'a', stay),
    [],
    'what does not run loses nothing',
  );
});

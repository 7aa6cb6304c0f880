// What the pusher reads while an Engine builds, and what is kept for a failure.
import t from 'tap';
import { Steps } from '../../../src/builder/build/steps.ts';

void t.test('steps tell their time at line ends; noise is left out; bars move', (t) => {
  let shown = '';
  let now = 0;
  const steps = new Steps(
    (text) => (shown += text),
    () => now,
  );
  steps.take('Step 1/2 : RUN slow');
  steps.take('\n ---> [Warning] Your kernel does not support memory limit capabilities\n');
  steps.take('10%');
  t.equal(shown.endsWith('10%'), true, 'a bar is shown as it moves');
  steps.take('\r20%\nlast words\n');
  t.match(steps.failed(), /^Step 1\/2 : RUN slow\n.*20%\nlast words$/s);
  now = 2340;
  steps.take('Step 2/2 : USER x\n');
  now = 2400;
  steps.end();
  t.equal(
    shown,
    'Step 1/2 : RUN slow\n10%\r20%\nlast words\n       step 1/2 took 2.3 s\nStep 2/2 : USER x\n',
  );
  t.end();
});

void t.test('a line without end does not fill the memory, and is shown whole', (t) => {
  let shown = 0;
  const steps = new Steps(
    (text) => (shown += text.length),
    () => 0,
  );
  for (let part = 0; part < 1000; part++) steps.take('x'.repeat(1000));
  t.equal(shown, 1_000_000);
  t.ok(steps.failed().length < 2000);
  t.end();
});

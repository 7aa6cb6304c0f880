// A command that takes minutes asks a store that is momentarily silent again, and nothing else.

import t from 'tap';
import { despiteSilence } from '../../src/cli/despite-silence.ts';
import { DeisError } from '../../src/model/errors.ts';

const forever = new AbortController().signal;

t.test('a silent store is asked again', async (t) => {
  let asked = 0;
  const answer = await despiteSilence(() => {
    asked += 1;
    return asked < 3
      ? Promise.reject(new DeisError('unavailable', 'etcd did not answer'))
      : Promise.resolve('well');
  }, forever);
  t.equal(answer, 'well');
  t.equal(asked, 3);
});

t.test('what is refused is refused at once, and who gives up is let go', async (t) => {
  let asked = 0;
  const refuse = () => {
    asked += 1;
    return Promise.reject(new DeisError('conflict', 'no'));
  };
  await t.rejects(despiteSilence(refuse, forever), { code: 'conflict' });
  t.equal(asked, 1);
  const gone = AbortSignal.timeout(50);
  const silent = () => Promise.reject(new DeisError('unavailable', 'silent'));
  await t.rejects(despiteSilence(silent, gone), { name: 'TimeoutError' });
});

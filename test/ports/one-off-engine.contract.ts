// What every OneOffEngine must do: run over the one in memory and over a real Docker Engine.

import type { Test } from 'tap';
import type { Attachment, OneOffEngine } from '../../src/ports/one-off-engine.ts';

const SIZE = { columns: 90, rows: 20, term: 'vt100' };

/**
 * `t` runs the suite as its subtests. `request` is the body for a container without a terminal that echoes its input to
 * stdout, says `bye` on stderr when its input ends, and then ends with code 5. Containers are called `one-off-contract-*`.
 */
export async function oneOffEngineContract(
  t: Test,
  engine: OneOffEngine,
  request: object,
): Promise<void> {
  const { signal } = new AbortController();
  const begin = async (name: string): Promise<{ id: string; at: Attachment }> => {
    const id = await engine.create(`one-off-contract-${name}`, request, signal);
    const at = await engine.attach(id, false, signal);
    await engine.start(id, signal);
    return { id, at };
  };

  await t.test(
    'what goes in comes out, each stream as itself, and the code at the end',
    async (t) => {
      const { id, at } = await begin('echo');
      t.ok((await engine.pid(id, signal)) > 0);
      const waiting = engine.wait(id, signal);
      await at.write(Buffer.from('one\n'));
      const output = at.output[Symbol.asyncIterator]();
      const first = await output.next();
      t.equal(first.value.from, 'stdout');
      t.equal(Buffer.from(first.value.data).toString(), 'one\n');
      await at.write(Buffer.from('two\n'));
      at.endInput();
      const said = { stdout: '', stderr: '' };
      for (let next = await output.next(); !next.done; next = await output.next())
        said[next.value.from] += Buffer.from(next.value.data).toString();
      t.strictSame(said, { stdout: 'two\n', stderr: 'bye' });
      t.equal(await waiting, 5);
      t.equal(await engine.wait(id, signal), 5, 'also of one that has ended');
      t.equal(await engine.pid(id, signal), 0);
      await engine.kill(id, 'SIGKILL', signal);
      await engine.resize(id, SIZE, signal);
      t.equal(await engine.wait(id, signal), 5, 'nothing of which changes how it ended');
    },
  );

  await t.test('two at once are two; one that is killed says so', async (t) => {
    const [one, two] = [await begin('one'), await begin('two')];
    t.not(one.id, two.id);
    await engine.kill(one.id, 'SIGKILL', signal);
    t.equal(await engine.wait(one.id, signal), 137);
    for await (const some of one.at.output) t.fail(`it said ${Buffer.from(some.data).toString()}`);
    t.ok((await engine.pid(two.id, signal)) > 0, 'the other one runs');
    two.at.close();
    t.equal(await engine.wait(two.id, signal), 5, 'its input ended with who fed it');
  });

  await t.test('a call whose signal has ended rejects with its reason', async (t) => {
    const reason = new Error('enough');
    const over = AbortSignal.abort(reason);
    const { id, at } = await begin('over');
    await t.rejects(
      async () => void (await engine.create('one-off-contract-no', request, over)),
      reason,
    );
    await t.rejects(async () => void (await engine.pid(id, over)), reason);
    await t.rejects(async () => void (await engine.wait(id, over)), reason);
    await t.rejects(engine.kill(id, 'SIGKILL', over), reason);
    at.endInput();
    t.equal(await engine.wait(id, signal), 5);
  });
}

// A process that takes more memory than its container may have: the kernel kills it, and what people read says so.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DockerEngine } from '../../../src/adapters/docker-engine.ts';
import { systemClock } from '../../../src/adapters/system-clock.ts';
import { appContainer } from '../../../src/agent/app-container.ts';
import { waiterFiles } from '../../../src/agent/waiter-files.ts';
import { checkoutRoot } from '../../../src/machines/checkout.ts';
import { exitWords } from '../../../src/model/exit-words.ts';
import type { AppProcess } from '../../../src/model/app.ts';
import type { ContainerEvent } from '../../../src/ports/container-engine.ts';
import { boxEngine, hasMemoryController } from '../box-engine.ts';

const skip = hasMemoryController() ? false : 'this box has no memory controller';
const MB = 1024 ** 2;
const UNIT = 'greedy_v1.web.1.service';

const GREEDY: AppProcess = {
  app: 'greedy',
  release: 1,
  type: 'web',
  num: 1,
  image: '',
  // Twice as much at each turn.
  command: ['/bin/sh', '-c', 'all=0123456789; while :; do all=$all$all; done'],
  config: 'c',
  routed: false,
  port: null,
  check: { initialDelay: 0, timeout: 1, interval: 2, failures: 2 },
  memory: 32 * MB,
  stopTimeout: 2,
  drainTimeout: 2,
};

t.test('a container that reaches its limit', { skip, timeout: 120_000 }, async (t) => {
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const { socket, image } = await boxEngine(
    checkoutRoot(),
    (what) => t.teardown(what),
    stop.signal,
  );
  const units = t.testdir({ units: {}, run: {} });
  const spec = {
    ...appContainer({ unit: UNIT, process: GREEDY, image, values: {} }),
    network: 'host' as const,
  };
  mkdirSync(join(units, 'units'), { recursive: true });
  for (const file of waiterFiles(spec, join(units, 'units'))) {
    // This box has no journal.
    const content = file.content.replace(
      /"LogConfig":\{.*?\}\}/,
      '"LogConfig":{"Type":"json-file"}',
    );
    writeFileSync(file.path, content, { mode: file.mode });
  }
  const engine = new DockerEngine(systemClock, socket);
  const events: ContainerEvent[] = [];
  void engine.watch(
    {},
    { snapshot: () => undefined, event: (one) => events.push(one), interrupted: () => undefined },
    stop.signal,
  );
  const env = {
    PATH: process.env['PATH'],
    DEIS_ENGINE_SOCKET: socket,
    DEIS_UNITS: join(units, 'units'),
    DEIS_RUN: join(units, 'run'),
  };
  const waiter = spawn(join(checkoutRoot(), 'src/agent/waiter'), [UNIT], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(waiter, 'exit')) as [number | null];
  t.equal(code, 137, 'the waiter ends as the container did');
  const seen = await engine.inspect('greedy_v1.web.1', stop.signal);
  t.match(seen, { running: false, exitCode: 137, outOfMemory: true });
  t.comment(`the Engine told: ${events.map(({ action }) => action).join(' ')}`);
  t.equal(
    exitWords(code!, seen!.outOfMemory),
    'exit code 137 (out of memory: it reached its limit)',
  );
  await engine.remove('greedy_v1.web.1', stop.signal);
});

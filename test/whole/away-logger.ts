// The logger is away while three machines talk: afterwards every line is there once, in `deis logs` and at a drain.

import t, { type Test } from 'tap';
import { receive } from '../logger/receiver.ts';
import { eventually, platform } from './platform.ts';

export interface AwayOptions {
  /** Seconds that the containers talk, and that the logger is away. */
  talk: number;
  away: number;
  /** Stop it in good order, or kill it. */
  kill: boolean;
}

const APP = 'talkative';
const WORKERS = ['worker.1', 'worker.2', 'worker.3'];
/** Lines per second of each of three containers: 1,000 in all. */
const RATE = 334;

/** Waits for a signal; prints numbered lines at a steady rate; says that it has said all. */
const SCRIPT = `
const total = Number(process.env.TOTAL);
let next = 0;
process.once('SIGUSR2', () => {
  const began = Date.now();
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor((Date.now() - began) * ${RATE} / 1000));
    let text = '';
    while (next < due) text += 'line ' + next++ + '\\n';
    if (text) process.stdout.write(text);
    if (next < total) return;
    clearInterval(timer);
    console.log('said all');
  }, 20);
});
console.log('ready');
setInterval(() => {}, 1e6);
`;

export async function awayLogger({ talk, away, kill }: AwayOptions): Promise<void> {
  const on = await platform();
  const total = talk * RATE;
  const address = on.context.machines[0]!.ip.replace(/[0-9]+$/, '1');
  const receiver = await receive({ transport: 'tcp', host: address });
  t.teardown(async () => {
    await on.deis('apps:destroy', '-a', APP, '--confirm', APP);
    await receiver.die();
  });

  t.test('every line is there once', { timeout: (talk + 400) * 1000 }, async (t) => {
    await on.mustDeis('apps:create', APP, '--no-remote');
    await on.mustDeis('drains:add', `tcp://${address}:${receiver.port}`, '-a', APP);
    await on.mustDeis('config:set', `SCRIPT=${SCRIPT}`, `TOTAL=${total}`, '-a', APP);
    const procfile = 'worker: exec node -e "$SCRIPT"';
    await on.mustDeis('builds:create', on.hello.reference, '-a', APP, '-p', procfile);
    await on.mustDeis('ps:scale', 'worker=3', '-a', APP);
    const lines = (worker = 'worker.') =>
      receiver.messages.filter(
        ({ process, text }) => process.startsWith(worker) && text !== 'ready',
      );
    const ready = () => receiver.messages.filter(({ text }) => text === 'ready').length;
    await eventually('three that are ready', 60, () => Promise.resolve(ready() === 3));
    for (const { name } of on.context.machines) {
      await on.sh(
        name,
        `docker kill --signal=USR2 $(docker ps -q --filter label=deis.app=${APP} --filter label=deis.process --filter name=worker)`,
      );
    }
    for (const worker of WORKERS) {
      await eventually(`lines of ${worker}`, 30, () => Promise.resolve(lines(worker).length > 10));
    }

    const where = (await on.mustDeisctl('list')).match(/deis-logger\.service\s+\S+\/(\S+)/)?.[1];
    const home = on.context.machines.find(({ ip }) => ip === where)!.name;
    const stopped = performance.now();
    if (kill) await on.sh(home, 'docker kill deis-logger');
    else await on.mustDeisctl('stop', 'logger');
    const before = receiver.messages.length;
    const rest = away * 1000 - (performance.now() - stopped);
    if (!kill && rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    t.ok(kill || receiver.messages.length - before < 10, 'nothing comes while it is away');
    if (!kill) await on.mustDeisctl('start', 'logger');

    const all = 3 * (total + 1);
    await eventually('all lines at the drain', talk + 120, () =>
      Promise.resolve(lines().length >= all),
    );
    const machines = new Set(lines().map(({ host }) => host));
    t.equal(machines.size, 3, 'three machines talked');
    const wanted = [...Array.from({ length: total }, (_, index) => `line ${index}`), 'said all'];
    for (const worker of WORKERS) {
      const drained = lines().filter(({ process }) => process === worker);
      compare(
        t,
        `${worker} at the drain`,
        drained.map(({ text }) => text),
        wanted,
        kill,
      );
    }
    const printed = await eventually('all lines in deis logs', 30, async () => {
      const output = await on.mustDeis('logs', '-n', '100000', '-a', APP);
      const found = output
        .split('\n')
        .filter((text) => /\[worker\.[0-9]\]: (line|said)/.test(text));
      return found.length >= all && found;
    });
    for (const worker of WORKERS) {
      const own = printed.filter((text) => text.includes(` ${APP}[${worker}]: `));
      const texts = own.map((text) => text.slice(text.indexOf(']: ') + 3));
      compare(t, `${worker} in deis logs`, texts, wanted, false);
    }
    t.ok(
      receiver.messages.some(
        ({ process, text }) => process === 'deis-controller' && /scaled/.test(text),
      ),
      'and what the controller told',
    );
  });
}

/** Each once, in order. `again`: what was on its way when it was killed may come twice. */
function compare(t: Test, what: string, found: string[], wanted: string[], again: boolean): void {
  const seen = again ? [...new Set(found)] : found;
  const wrong = seen.findIndex((text, index) => text !== wanted[index]);
  t.equal(
    wrong === -1 ? seen.length : `at ${wrong}: ${seen[wrong]} for ${wanted[wrong]}`,
    wanted.length,
    what,
  );
}

// The logger is away while three machines talk: afterwards every line is there once, in `deis logs` and at a drain.

import t, { type Test } from 'tap';
import { createAuthority, issueCertificate } from '../../src/adapters/pki.ts';
import { type Receiver, receive } from '../logger/receiver.ts';
import { eventually, platform } from './platform.ts';

export interface AwayOptions {
  /** Seconds that the containers talk, and that the logger is away. */
  talk: number;
  away: number;
  /** Stop it in good order, or kill it. */
  kill: boolean;
  /** Receivers beside the one over TCP. */
  beside?: ('tls' | 'udp')[];
}

const APP = 'talkative';
const WORKERS = ['worker.1', 'worker.2', 'worker.3'];
/** Lines per second of each of three containers: 1,000 in all. */
const RATE = 334;

/** Waits for a signal; prints numbered lines at a steady rate; says that it has said all. */
const SCRIPT = `
process.once('SIGTERM', () => process.exit());
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

export async function awayLogger(options: AwayOptions): Promise<void> {
  const watch = await awayFrom(options);
  await watch();
}

/** Makes the app and its drains; what it answers is the test. */
export async function awayFrom(options: AwayOptions): Promise<() => Promise<void>> {
  const { talk, away, kill, beside = [] } = options;
  const on = await platform();
  const total = talk * RATE;
  const address = on.context.machines[0]!.ip.replace(/[0-9]+$/, '1');
  const what = kill ? 'the logger is killed' : `the logger is away for ${away} s`;

  const receiver = await receive({ transport: 'tcp', host: address });
  const others = await receivers(beside, address);
  const destroy = () => on.deis('apps:destroy', '-a', APP, '--confirm', APP);
  await destroy();
  await on.mustDeis('apps:create', APP, '--no-remote');
  await on.mustDeis('drains:add', `tcp://${address}:${receiver.port}`, '-a', APP);
  for (const { url } of others) await on.mustDeis('drains:add', url, '-a', APP);
  await on.mustDeis('config:set', `SCRIPT=${SCRIPT}`, `TOTAL=${total}`, '-a', APP);
  const procfile = 'worker: exec node -e "$SCRIPT"';
  await on.mustDeis('builds:create', on.hello.reference, '-a', APP, '-p', procfile);
  await on.mustDeis('ps:scale', 'worker=3', '-a', APP);

  const watch = async (t: Test): Promise<void> => {
    t.teardown(async () => {
      await destroy();
      await Promise.all(
        [receiver, ...others.map((other) => other.receiver)].map((one) => one.die()),
      );
    });
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

    const where = await eventually(
      'the place of the logger',
      60,
      async () => (await on.mustDeisctl('list')).match(/deis-logger\.service\s+\S+\/(\S+)/)?.[1],
    );
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
    await eventually('all lines at the drain', talk + 120, () => saidAll(receiver));
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
    for (const { transport, receiver: other } of others) {
      const ended = transport === 'udp' ? saysNoMore : saidAll;
      await eventually(`the last lines over ${transport}`, 60, () => ended(other));
      for (const worker of WORKERS) {
        const texts = other.messages
          .filter(({ process, text }) => process === worker && text !== 'ready')
          .map(({ text }) => text);
        if (transport === 'tls') compare(t, `${worker} over TLS`, texts, wanted, kill);
        else datagrams(t, worker, texts, wanted, kill);
      }
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
  };
  const timeout = (talk + 400) * 1000;
  return async () => void (await t.test(`${what}: every line once`, { timeout }, watch));
}

/** Whether the last line of each worker has come: those of one container come in order. */
function saidAll({ messages }: Receiver): Promise<boolean> {
  const last = messages.filter(({ text }) => text === 'said all');
  return Promise.resolve(new Set(last.map(({ process }) => process)).size === WORKERS.length);
}

/** The last datagram may be one that was lost. */
async function saysNoMore({ messages }: Receiver): Promise<boolean> {
  const before = messages.length;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return messages.length === before;
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

interface Beside {
  transport: 'tls' | 'udp';
  receiver: Receiver;
  url: string;
}

/** Whoever gets the lines too; nobody signed the certificate of the one over TLS. */
async function receivers(transports: ('tls' | 'udp')[], host: string): Promise<Beside[]> {
  const from = new Date(Date.now() - 3_600_000);
  const to = new Date(Date.now() + 86_400_000);
  const authority = await createAuthority('nobody', from, to);
  const names = { commonName: 'logs', hosts: [host] };
  const tls = await issueCertificate(authority, { ...names, notBefore: from, notAfter: to });
  return Promise.all(
    transports.map(async (transport) => {
      const receiver = await receive({ transport, host, tls });
      const url =
        transport === 'udp'
          ? `udp://${host}:${receiver.port}`
          : `syslog+tls://${host}:${receiver.port}?verify=no`;
      return { transport, receiver, url };
    }),
  );
}

/** A network may lose datagrams: few, and what comes is in order, none twice. */
function datagrams(t: Test, worker: string, found: string[], wanted: string[], again: boolean) {
  const place = new Map(wanted.map((text, index) => [text, index]));
  const places = found.map((text) => place.get(text) ?? -1);
  const known = places.filter((at) => at >= 0);
  const seen = again ? [...new Set(known)] : known;
  t.equal(known.length, found.length, `${worker} over UDP: nothing else`);
  t.ok(
    seen.every((at, index) => index === 0 || at > seen[index - 1]!),
    `${worker} over UDP: in order, none twice`,
  );
  t.ok(seen.length > wanted.length * 0.9, `${seen.length} of ${wanted.length} over UDP`);
}

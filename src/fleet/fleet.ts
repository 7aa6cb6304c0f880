// The fleet API of one machine: what an unmodified fleetctl speaks to. A thin door before the records that scheduler and agents live by.

import { type Clock, rest } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { SchedulerMeter } from '../ports/scheduler-meter.ts';
import { Loop } from '../daemon/loop.ts';
import { together } from '../daemon/together.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import type { Registry } from '../registry/registry.ts';
import type { Services } from './call.ts';
import { type Place, serveAt } from './doors.ts';
import { fleetServer } from './server.ts';
import { parseListen } from './settings.ts';
import { Sight } from './sight.ts';
import { Undertaker } from './undertaker.ts';

export interface FleetOptions {
  registry: Registry;
  meter: SchedulerMeter;
  /** The machine's own address: where TCP listens unless the setting says otherwise. */
  ip: string;
  /** Path of the socket. */
  socket: string;
  clock: Clock;
  log: Log;
}

/** As fleet's own socket unit leaves it: whoever has an account on the machine may use it. */
const SOCKET_MODE = 0o666;
const IDLE_MS = 600_000;

/** Runs until the signal aborts. */
export async function runFleet(options: FleetOptions, signal: AbortSignal): Promise<void> {
  const { registry, clock, log, socket, meter } = options;
  const sight = new Sight({ registry, clock, log });
  const undertaker = new Undertaker({ registry, sight, clock, log });
  const services: Services = { registry, sight, meter, clock, log };
  const local: Place = { path: socket, mode: SOCKET_MODE };
  await together(
    [
      (given) => sight.run(undertaker.busy, given),
      (given) => undertaker.run(given),
      (given) => finishWhatIsLeft(sight, options, given),
      (given) => serveAt(local, () => fleetServer(services, given), { clock, log }, given),
      (given) => serveWhereAsked(services, options, given),
    ],
    signal,
  );
}

/** An earlier daemon may have died between a destruction and its end: look once. */
async function finishWhatIsLeft(
  sight: Sight,
  { clock }: FleetOptions,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const seen = await sight.look(signal).then(
      () => true,
      () => false,
    );
    if (seen || signal.aborted) break;
    await rest(clock, 1000, signal);
  }
  if (!signal.aborted) await new Promise((end) => signal.addEventListener('abort', end));
}

/** `deisctl config fleet set listen=49153`: every machine listens there too, as long as it is set. */
async function serveWhereAsked(
  services: Services,
  { registry, ip, clock, log }: FleetOptions,
  signal: AbortSignal,
): Promise<void> {
  const settings = new Mirror(keys.settings, ['fleet']);
  let open: { listen: string; stop: AbortController; ended: Promise<void> } | undefined;
  const close = async (): Promise<void> => {
    open?.stop.abort();
    await open?.ended;
    open = undefined;
  };
  const pass = async (): Promise<void> => {
    if (!settings.connected) return;
    const listen = settings.get('fleet', 'listen')?.value ?? '';
    if (listen === (open?.listen ?? '')) return;
    await close();
    if (listen === '') return;
    const at = parseListen(listen, ip);
    if (!at) return log.warn('fleet api: not an address', { listen });
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const ended = serveAt(at, () => fleetServer(services, either), { clock, log }, either);
    open = { listen, stop, ended };
  };
  const loop = new Loop({ name: 'fleet-listen', pass, every: IDLE_MS, clock, log });
  await together(
    [(given) => settings.start(registry.store, loop.hint, given), (given) => loop.run(given)],
    signal,
  );
  await close();
}

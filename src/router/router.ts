// A router: registers, follows the store on two paths, opens its doors when what it serves is true, and leaves without losing a request.

import { supervise } from '../daemon/supervise.ts';
import type { Clock } from '../ports/clock.ts';
import { assemble, type Parts, type RouterOptions } from './assemble.ts';
import { runDoor } from './door.ts';
import { keepServing } from './keep-serving.ts';
import { leave } from './leave.ts';
import { reachesByTcp, watchMachines } from './reach.ts';
import { readSettings } from './settings.ts';
import { DEFAULT_TIMES, type Times } from './times.ts';

/** Work that goes on until its signal aborts. */
type Work = (signal: AbortSignal) => Promise<unknown>;

/** Runs until the signal aborts, then leaves: resolves when nothing runs any more and the store was told. */
export async function runRouter(options: RouterOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  const times: Times = { ...DEFAULT_TIMES, ...options.times };
  const parts = await assemble(options);
  const [work, heartbeat] = [new AbortController(), new AbortController()];
  const running: Promise<void>[] = [];
  const start = (name: string, what: Work): void =>
    void running.push(supervise(name, what, { clock, log }, work.signal));

  const registered = Promise.withResolvers<number>();
  const heart = parts.session.run(() => {
    const life = parts.session.current();
    if (life) registered.resolve(life.createRevision);
    parts.loops.report.hint();
  }, heartbeat.signal);
  for (const [name, loop] of Object.entries(parts.loops)) start(name, (until) => loop.run(until));
  start('watch', (until) => watchStore(options, parts, registered.promise, until));
  start('machines', (until) => watchMachines(reachNeeds(options, parts), until));

  if (await mayOpen(parts, registered.promise, times, clock, signal)) {
    start('server', (until) => keepServing(servingNeeds(options, parts), until));
    start('acme', (until) => parts.issuer.run(until));
    start('git door', (until) => runDoor(doorNeeds(options, parts), until));
    await ended(signal);
    await leave(parts, times, clock, log);
  }
  const left = new Error('the router has left');
  work.abort(left);
  await Promise.all(running);
  heartbeat.abort(left);
  await heart;
  log.info('left');
}

/** What is listed after the registration includes all that was so then: that is what the doors wait for. */
async function watchStore(
  { registry, machine }: RouterOptions,
  { session, sources, loops }: Parts,
  registered: Promise<number>,
  signal: AbortSignal,
): Promise<void> {
  await Promise.race([registered, ended(signal)]);
  if (signal.aborted) return;
  const onSettings = (): void => {
    loops.files.hint();
    loops.endpoints.hint(); // some settings are policies
    const life = session.current();
    if (life && !sources.seesHeartbeat(machine.id, life.createRevision)) session.doubt();
  };
  await sources.start(registry.store, loops.endpoints.hint, onSettings, signal);
}

/** True when the doors may open: all that was so at the registration is served, or the store is silent and the disk remembers. */
async function mayOpen(
  { endpoints, memory }: Parts,
  registered: Promise<number>,
  times: Times,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  let needed = Infinity;
  void registered.then((revision) => (needed = revision));
  const deadline = clock.monotonic() + times.storeMs;
  while (endpoints.revision < needed && !signal.aborted) {
    if (memory.found && clock.monotonic() > deadline) break;
    await clock.sleep(20, new AbortController().signal);
  }
  return !signal.aborted;
}

function reachNeeds({ machine, deisdPort, clock, log }: RouterOptions, { server }: Parts) {
  return { server, ownIp: machine.ip, port: deisdPort, reaches: reachesByTcp, clock, log };
}

function servingNeeds({ clock, log }: RouterOptions, { server, files, loops }: Parts) {
  const onChange = (): void => {
    loops.report.hint();
    loops.files.hint(); // it may have started without the settings
  };
  return { server, files, onChange, clock, log };
}

function doorNeeds({ listen, log }: RouterOptions, { memory }: Parts) {
  const timeouts = (): { connectMs: number; idleMs: number } => {
    const { values } = readSettings(memory.now.settings);
    const { builderTimeoutConnect: connect, builderTimeoutTcp: idle } = values;
    return { connectMs: Number(connect), idleMs: Number(idle) };
  };
  return { listen: listen.ssh, upstreams: () => memory.now.builders, timeouts, log };
}

function ended(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

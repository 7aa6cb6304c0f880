// What users do while the platform changes: 200 requests a second to one app over keep-alive connections through every router, and
// 50 WebSockets and 5 slow downloads on another app. Whatever is lost of it is told with its time.

import WebSocket from 'ws';
import { type IncomingMessage, get } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Failure, type Load, type Slowest, startLoad } from './load.ts';

export interface SiegeOptions {
  /** Where clients connect: `host` and port; each gets its share. */
  doors: readonly { host: string; port: number }[];
  /** Host name of the app that is asked all the time. */
  asked: string;
  /** Host name of an app of examples/live. */
  held: string;
  /** Requests a second in all. */
  rate?: number;
  sockets?: number;
  downloads?: number;
}

export interface SiegeReport {
  answered: number;
  failures: Failure[];
  /** WebSockets and downloads that ended, or went wrong, before they were to. */
  dropped: Failure[];
  /** Frames that came back, lines that came. */
  echoed: number;
  lines: number;
  slowest: Slowest;
  /** ms of the request that was slower than 999 of 1000. */
  p999: number;
  /** ms that this process itself was held up at most. */
  heldUp: number;
}

export interface Siege {
  /** Of this moment on, what is lost: for one action after the other. */
  mark(): () => Failure[];
  stop(): Promise<SiegeReport>;
}

const ECHO_EVERY_MS = 500;
const SILENCE_MS = 15_000;
/** Ten a second: longer than any siege. */
const LINES = 60_000;

export async function startSiege(options: SiegeOptions): Promise<Siege> {
  const { doors, asked, held, rate = 200, sockets = 50, downloads = 5 } = options;
  const began = performance.now();
  const connections = new Held(() => performance.now() - began);
  const at = (index: number) => doors[index % doors.length]!;
  await Promise.all([
    ...Array.from({ length: sockets }, (_, index) => connections.socket(at(index), held)),
    ...Array.from({ length: downloads }, (_, index) => connections.download(at(index), held)),
  ]);
  const loads = doors.map(({ host, port }) =>
    startLoad({ host, port, site: asked, rate: rate / doors.length, connections: 20 }),
  );
  const delay = monitorEventLoopDelay();
  delay.enable();
  return {
    mark() {
      const from = loads.map((load) => load.elapsed());
      const drops = connections.dropped.length;
      return () => [
        ...loads.flatMap((load, index) => load.failuresSince(from[index]!)),
        ...connections.dropped.slice(drops),
      ];
    },
    stop: () => stop(loads, connections, delay),
  };
}

async function stop(
  loads: readonly Load[],
  held: Held,
  delay: ReturnType<typeof monitorEventLoopDelay>,
): Promise<SiegeReport> {
  const reports = await Promise.all(loads.map((load) => load.stop()));
  held.end();
  const { dropped, echoed, lines } = held;
  const all = reports.flatMap(({ latencies }) => latencies).toSorted((a, b) => a - b);
  return {
    answered: reports.reduce((sum, report) => sum + report.answered, 0),
    failures: reports.flatMap(({ failures }) => failures),
    dropped,
    echoed,
    lines,
    slowest: reports.map((report) => report.slowest).toSorted((a, b) => b.took - a.took)[0]!,
    p999: all[Math.floor(all.length * 0.999)] ?? 0,
    heldUp: delay.max / 1e6,
  };
}

/** Connections that are to live until `end`. */
class Held {
  readonly dropped: Failure[] = [];
  echoed = 0;
  lines = 0;
  readonly #elapsed: () => number;
  readonly #ends: (() => void)[] = [];
  #isOver = false;

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** Resolves when it is open. */
  async socket({ host, port }: { host: string; port: number }, site: string): Promise<void> {
    const socket = new WebSocket(`ws://${host}:${port}/`, { headers: { host: site } });
    let heard = performance.now();
    const drop = this.#dropper(`WebSocket through ${host}:${port}`);
    socket.on('message', () => {
      this.echoed += 1;
      heard = performance.now();
    });
    socket.on('error', (error) => drop(error.message));
    socket.on('close', (code) => drop(`closed with ${code}`));
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    const timer = setInterval(() => {
      if (socket.readyState === WebSocket.OPEN) socket.send(String(this.#elapsed()));
      if (performance.now() - heard > SILENCE_MS) drop(`silent for ${SILENCE_MS} ms`);
    }, ECHO_EVERY_MS);
    timer.unref();
    this.#ends.push(() => {
      clearInterval(timer);
      socket.terminate();
    });
  }

  /** Resolves with the first bytes. */
  async download({ host, port }: { host: string; port: number }, site: string): Promise<void> {
    const drop = this.#dropper(`download through ${host}:${port}`);
    const path = `/download?lines=${LINES}`;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = get({ host, port, path, agent: false, headers: { host: site } }, resolve);
      asked.once('error', reject);
      asked.on('error', (error) => drop(error.message));
      this.#ends.push(() => asked.destroy());
    });
    if (answer.statusCode !== 200) drop(`status ${answer.statusCode}`);
    let rest = '';
    let next = 0;
    answer.setEncoding('utf8');
    answer.on('error', (error) => drop(error.message));
    answer.on('close', () => drop('cut off'));
    answer.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        if (Number.parseInt(line, 10) !== next) drop(`line ${next} is "${line.slice(0, 20)}"`);
        next += 1;
        this.lines += 1;
      }
    });
  }

  end(): void {
    this.#isOver = true;
    for (const end of this.#ends) end();
  }

  /** Only the first reason of each connection counts. */
  #dropper(what: string): (reason: string) => void {
    let isKnown = false;
    return (reason) => {
      if (isKnown || this.#isOver) return;
      isKnown = true;
      this.dropped.push({ at: this.#elapsed(), reason: `${what}: ${reason}` });
    };
  }
}

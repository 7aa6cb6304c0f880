// A steady stream of requests over keep-alive connections, and an exact account of what became of each.

import { Agent, request } from 'node:http';

export interface LoadOptions {
  /** Where to connect: the loopback door or a machine. */
  host: string;
  port: number;
  /** Host header. */
  site: string;
  path?: string;
  /** Requests a second. */
  rate: number;
  /** Keep-alive connections at most. */
  connections?: number;
  /** A request without a whole answer after this long counts as failed, ms. */
  timeout?: number;
}

export interface Failure {
  /** ms since the load began, when the request was sent. */
  at: number;
  reason: string;
}

export interface Report {
  sent: number;
  answered: number;
  failures: Failure[];
  /** Distinct bodies and how often each came. */
  bodies: Map<string, number>;
  /** ms of each answer, ascending. */
  latencies: number[];
  /** Where the time of the slowest went. */
  slowest: Slowest;
}

/** All in ms. A late load generator and a late platform look alike but for this. */
export interface Slowest {
  /** Since the load began, when the request was made. */
  at: number;
  took: number;
  /** Before it had one of the connections. */
  queued: number;
  /** Before its connection was there. */
  connecting: number;
}

export interface Load {
  /** ms since the load began. */
  elapsed(): number;
  /** Failures so far of requests sent at or after this time. */
  failuresSince(at: number): Failure[];
  /** Ends the stream, waits for what is on its way. */
  stop(): Promise<Report>;
}

export function startLoad(options: LoadOptions): Load {
  const { host, port, site, path = '/', rate, connections = 20, timeout = 10_000 } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' });
  const began = performance.now();
  const elapsed = (): number => performance.now() - began;
  const report: Report = {
    sent: 0,
    answered: 0,
    failures: [],
    bodies: new Map(),
    latencies: [],
    slowest: { at: 0, took: 0, queued: 0, connecting: 0 },
  };
  const running = new Set<Promise<void>>();

  const send = (): void => {
    report.sent += 1;
    const at = elapsed();
    const way = { at, took: 0, queued: 0, connecting: 0 };
    const done = one(way).then(
      (body) => {
        report.answered += 1;
        way.took = elapsed() - at;
        report.latencies.push(way.took);
        if (way.took > report.slowest.took) report.slowest = way;
        report.bodies.set(body, (report.bodies.get(body) ?? 0) + 1);
      },
      (error: unknown) => {
        report.failures.push({
          at,
          reason: error instanceof Error ? error.message : String(error),
        });
      },
    );
    running.add(done);
    done.finally(() => running.delete(done)).catch(() => undefined);
  };

  const one = (way: Slowest): Promise<string> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ host, port, path, agent, headers: { host: site } }, (incoming) => {
        let body = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => (body += chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          if (incoming.statusCode === 200) resolve(body);
          else reject(new Error(`status ${incoming.statusCode}: ${body.slice(0, 80).trim()}`));
        });
        incoming.on('close', () => reject(new Error('the answer was cut off')));
      });
      outgoing.once('socket', (socket) => {
        way.queued = elapsed() - way.at;
        const connected = (): number => (way.connecting = elapsed() - way.at - way.queued);
        if (socket.connecting) socket.once('connect', connected);
      });
      outgoing.setTimeout(timeout, () => outgoing.destroy(new Error(`no answer in ${timeout} ms`)));
      outgoing.on('error', reject);
      outgoing.end();
    });

  // Catch up after a late timer, so that the rate holds on a busy box.
  const timer = setInterval(() => {
    while (report.sent < (elapsed() / 1000) * rate) send();
  }, 5);
  // A test that failed before it stopped the load must still end.
  timer.unref();

  return {
    elapsed,
    failuresSince: (at) => report.failures.filter((failure) => failure.at >= at),
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
      agent.destroy();
      report.latencies.sort((a, b) => a - b);
      return report;
    },
  };
}

// One or more controllers over a pretend cluster, and a client that speaks to them over real HTTP.

import { Readable } from 'node:stream';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { Test } from 'tap';
import type { MemoryStore } from '../../src/adapters/memory-store.ts';
import { scryptPasswords } from '../../src/adapters/scrypt.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { aesVault } from '../../src/adapters/vault.ts';
import {
  type ControllerOptions,
  runController,
  storeLocks,
} from '../../src/controller/controller.ts';
import type { HoldLock } from '../../src/controller/deployment/drivers.ts';
import { foresight } from '../../src/main/foresight.ts';
import { DeisError } from '../../src/model/errors.ts';
import type { AppLogs } from '../../src/ports/app-logs.ts';
import type { Images } from '../../src/ports/image-registry.ts';
import type { Passwords } from '../../src/ports/password.ts';
import type { LogLine } from '../../src/ports/log-store.ts';
import type { Log, LogFields } from '../../src/ports/log.ts';
import type { MachineRuns } from '../../src/ports/machine-runs.ts';
import type { Store } from '../../src/ports/store.ts';
import { Registry } from '../../src/registry/registry.ts';
import { type PretendCluster, pretendCluster } from './world.ts';

export interface Reply {
  status: number;
  reason: string;
  headers: http.IncomingHttpHeaders;
  rawHeaders: string[];
  text: string;
  /** The body as JSON; undefined when it is none. */
  // eslint-disable-next-line typescript/no-explicit-any
  json: any;
}

export interface Controller {
  port: number;
  /** Its own connection to the store, so that a test can break it. */
  store: PretendCluster['store'];
  call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Reply>;
  /** As if killed: its connection to the store is cut at once, then it is taken down. */
  kill(): Promise<void>;
  /** As SIGTERM does. */
  stop(): Promise<void>;
}

export interface How {
  /** Which locks it may hold; absent: all. */
  drives?: (lock: string) => boolean;
  /** What it uses instead of its own connection to the store. */
  through?: (store: PretendCluster['store']) => Store;
  /** Cheap ones by default. */
  passwords?: Passwords;
  /** Absent: all is kept in `events`. */
  log?: Log;
  /** Machines that run one-off containers; absent: none answers. */
  runs?: MachineRuns;
}

const NO_MACHINES: MachineRuns = {
  open: (api) =>
    Promise.reject(new DeisError('unavailable', `The machine at ${api} is not there.`)),
};

export interface Setup {
  cluster: PretendCluster;
  first: Controller;
  /** Starts one more. */
  another: (how?: How) => Promise<Controller>;
  /** `call` with the token of the first user, who is superuser. */
  admin: Controller['call'];
  adminToken: string;
  /** All that controllers logged. */
  events: { event: string; fields: LogFields }[];
  said: { process: string; line: string }[];
}

export const vault = aesVault(randomBytes(32).toString('base64'));

/** `store`: a real one, instead of the one in memory. */
export async function setUp(
  t: Pick<Test, 'teardown'>,
  how: How = {},
  store?: MemoryStore,
): Promise<Setup> {
  const cluster = await pretendCluster(store);
  const controllers: Controller[] = [];
  const events: Setup['events'] = [];
  const said: Setup['said'] = [];
  const logs = pretendLogs(said);
  const another = async (as: How = {}): Promise<Controller> => {
    const controller = await startController(cluster.store, logs, as.log ?? recorder(events), as);
    controllers.push(controller);
    return controller;
  };
  t.teardown(async () => {
    await Promise.all(controllers.map((controller) => controller.kill()));
    await cluster.stop();
  });
  const first = await another(how);
  await first.call('POST', '/v1/auth/register/', { username: 'ada', password: 'secret' });
  const login = await first.call('POST', '/v1/auth/login/', {
    username: 'ada',
    password: 'secret',
  });
  const adminToken: string = login.json.token;
  const admin = as(first, adminToken);
  return { cluster, first, another, admin, adminToken, events, said };
}

/** Every app has said these lines. */
export function pretendLogs(said: Setup['said']): AppLogs {
  const told = (app: string): LogLine[] =>
    said.map(({ process, line }, index) => ({
      time: String(Date.now() * 1000 + index),
      cursor: '',
      app,
      process,
      line,
    }));
  return {
    recent: ({ app }) => Promise.resolve(told(app)),
    follow: async function* ({ app }, signal) {
      yield* told(app);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
    drains: () => Promise.resolve(undefined),
  };
}

/** The controller's `call` with this token. */
export function as(controller: Controller, token: string): Controller['call'] {
  return (method, path, body, headers = {}) =>
    controller.call(method, path, body, { authorization: `token ${token}`, ...headers });
}

/** Registers and logs in. */
export async function newcomer(
  controller: Controller,
  username: string,
): Promise<Controller['call']> {
  await controller.call('POST', '/v1/auth/register/', { username, password: 'pw' });
  const login = await controller.call('POST', '/v1/auth/login/', { username, password: 'pw' });
  return as(controller, login.json.token);
}

const images: Images = {
  resolve: (image) =>
    image.startsWith('unknown')
      ? Promise.reject(
          new DeisError(
            'not-found',
            `The image ${image} is not in the platform's registry.`,
            'Push it first.',
          ),
        )
      : Promise.resolve({
          reference: `127.0.0.1:5555/${image}@sha256:${'a'.repeat(64)}`,
          repository: image.split(':')[0]!,
        }),
  blob: ({ digest }) =>
    Promise.resolve({ body: Readable.from([Buffer.from(`the bytes of ${digest}`)]), size: 0 }),
};

const CHEAP = scryptPasswords({ ln: 4, r: 1, p: 1 });

/** `connection`: it makes one of its own from it. */
export async function startController(
  connection: PretendCluster['store'],
  logs: AppLogs,
  log: Log,
  { drives = () => true, through = (store) => store, passwords = CHEAP, runs = NO_MACHINES }: How,
): Promise<Controller> {
  const end = new AbortController();
  const store = connection.connect();
  const listening = Promise.withResolvers<string>();
  const options: Omit<ControllerOptions, 'holdLock'> = {
    registry: new Registry(through(store)),
    machine: { id: randomBytes(16).toString('hex'), name: 'test', ip: '127.0.0.1' },
    vault,
    clock: systemClock,
    log,
    images,
    logs,
    runs,
    passwords,
    foresight: foresight(new Registry(store), systemClock),
    listen: { host: '127.0.0.1', port: 0 },
    onListening: (address) => listening.resolve(address),
  };
  const lock = storeLocks({ ...options, registry: new Registry(store) });
  const holdLock: HoldLock = async (name, act, signal) => {
    while (!drives(name)) await systemClock.sleep(50, signal);
    return lock(name, act, signal);
  };
  const running = runController({ ...options, holdLock }, end.signal);
  running.catch(listening.reject);
  const port = Number(new URL(await listening.promise).port);
  const agent = new http.Agent({ keepAlive: false });
  return {
    port,
    store,
    call: (method, path, body, headers) => send(agent, port, method, path, body, headers),
    stop: async () => {
      end.abort();
      await running;
    },
    kill: async () => {
      store.sever();
      end.abort();
      agent.destroy();
      await running;
    },
  };
}

export function send(
  agent: http.Agent,
  port: number,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const asIs = typeof body === 'string' || Buffer.isBuffer(body);
  const payload = body === undefined ? '' : asIs ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        agent,
        port,
        method,
        path,
        host: '127.0.0.1',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(payload),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode!,
            reason: response.statusMessage!,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            text,
            json: parsed(text),
          });
        });
      },
    );
    request.on('error', reject);
    request.end(payload);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function recorder(events: Setup['events'], base: LogFields = {}): Log {
  const note = (event: string, fields: LogFields = {}): void => {
    events.push({ event, fields: { ...base, ...fields } });
    if (process.env['SHOW_LOG']) console.error(event, { ...base, ...fields });
  };
  return {
    debug: note,
    info: note,
    warn: note,
    error: note,
    with: (fields) => recorder(events, { ...base, ...fields }),
  };
}

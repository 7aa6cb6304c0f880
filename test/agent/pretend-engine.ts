// As much of the Engine's API as the waiter uses, on a real socket, with real processes as containers. It can go away and come back.

import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface PretendContainer {
  id: string;
  name: string;
  body: { Labels: Record<string, string>; Image: string; Cmd: string[]; Env: string[] };
  process?: ChildProcess;
  exitCode?: number;
}

type Answer = [status: number, body?: object];

export class PretendEngine {
  readonly containers = new Map<string, PretendContainer>();
  readonly images = new Set(['app:1']);
  /** Images that can be pulled. */
  readonly remote = new Set<string>();
  /** `create app_v1.web.1`, `start …`, `stop …`, `delete …`, `pull …` */
  readonly did: string[] = [];
  /** Says that every container has ended, as an Engine that lost its memory would. */
  confused = false;
  refuseStart: string | undefined;
  readonly #socket: string;
  #server: Server | undefined;
  #born = 0;

  constructor(socket: string) {
    this.#socket = socket;
  }

  async open(): Promise<void> {
    rmSync(this.#socket, { force: true });
    this.#server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve) => this.#server!.listen(this.#socket, resolve));
  }

  /** As after `kill -9` of dockerd: connections break, containers live on. */
  async away(): Promise<void> {
    const server = this.#server!;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    rmSync(this.#socket, { force: true });
  }

  async close(): Promise<void> {
    for (const { process } of this.containers.values()) process?.kill('SIGKILL');
    if (this.#server?.listening) await this.away();
  }

  pidOf(name: string): number {
    return this.containers.get(name)?.process?.pid ?? 0;
  }

  isRunning({ process }: PretendContainer): boolean {
    return process !== undefined && process.exitCode === null && process.signalCode === null;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const url = new URL(request.url!, 'http://engine');
    const [status, body] = await this.#answer(request.method!, url, text);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body && `${JSON.stringify(body)}\n`);
  }

  async #answer(method: string, url: URL, text: string): Promise<Answer> {
    const [, kind, name = '', verb = ''] = url.pathname.split('/');
    if (kind === '_ping') return [200, {}];
    if (kind === 'images') return this.#image(method, url);
    if (name === 'create') return this.#create(url.searchParams.get('name')!, text);
    const container = [...this.containers.values()].find((one) =>
      [one.id, one.name].includes(name),
    );
    if (!container) return [404, { message: `No such container: ${name}` }];
    if (method === 'DELETE') return this.#delete(container);
    if (verb === 'json') return [200, this.#inspect(container)];
    if (verb === 'start') return this.#start(container);
    if (verb === 'stop') return this.#stop(container);
    return [200, { StatusCode: await this.#end(container) }];
  }

  #image(method: string, url: URL): Answer {
    const reference = url.searchParams.get('fromImage');
    if (method === 'POST' && reference !== null) {
      this.did.push(`pull ${reference}`);
      if (this.remote.has(reference)) this.images.add(reference);
      return [200, {}];
    }
    const name = /^\/images\/(.*)\/json$/.exec(url.pathname)?.[1] ?? '';
    return this.images.has(name) ? [200, { Id: 'sha256:1' }] : [404, { message: 'No such image' }];
  }

  #create(name: string, text: string): Answer {
    const body = JSON.parse(text) as PretendContainer['body'];
    if (!this.images.has(body.Image)) return [404, { message: `No such image: ${body.Image}` }];
    if (this.containers.has(name)) return [409, { message: `Conflict. "${name}" is in use` }];
    this.did.push(`create ${name}`);
    const id = String((this.#born += 1)).padStart(64, 'a');
    this.containers.set(name, { id, name, body });
    return [201, { Id: id, Warnings: [] }];
  }

  #start(container: PretendContainer): Answer {
    if (this.refuseStart !== undefined) return [500, { message: this.refuseStart }];
    this.did.push(`start ${container.name}`);
    const [program, ...args] = container.body.Cmd;
    container.process = spawn(program!, args, { stdio: 'ignore' });
    return [204];
  }

  async #stop(container: PretendContainer): Promise<Answer> {
    this.did.push(`stop ${container.name}`);
    if (!this.isRunning(container)) return [304];
    container.process!.kill('SIGTERM');
    await this.#end(container);
    return [204];
  }

  #delete(container: PretendContainer): Answer {
    this.did.push(`delete ${container.name}`);
    if (this.isRunning(container)) container.process!.kill('SIGKILL');
    this.containers.delete(container.name);
    return [204];
  }

  /** In the Engine's order: what the app says of itself comes last. */
  #inspect(container: PretendContainer): object {
    const running = !this.confused && this.isRunning(container);
    return {
      Id: container.id,
      State: { Running: running, Pid: running ? container.process!.pid : 0, ExitCode: 0 },
      Name: `/${container.name}`,
      Config: container.body,
    };
  }

  #end({ process }: PretendContainer): Promise<number> {
    if (process?.exitCode !== null && process?.exitCode !== undefined) {
      return Promise.resolve(process.exitCode);
    }
    if (!process || process.signalCode !== null) return Promise.resolve(process ? 137 : 0);
    return new Promise((resolve) => process.once('exit', (code) => resolve(code ?? 137)));
  }
}

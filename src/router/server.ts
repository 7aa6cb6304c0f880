// The web server and the routes it serves, changed by one caller at a time.

import { Limit } from '../daemon/limit.ts';
import {
  type Bundle,
  type Routes,
  type ServerFile,
  type ServerState,
  type WebServer,
} from '../ports/web-server.ts';

/** All changes of what is served pass here, whoever asks; each resolves when it is true in every worker. */
export class Server {
  readonly #web: WebServer;
  #routes: Routes;
  /** What the workers are known to serve. */
  #committed: Routes | undefined;
  #revision: string | undefined;
  readonly #turn = new Limit(1);

  /** `remembered`: what it starts with. */
  constructor(
    web: WebServer,
    remembered: Pick<Routes, 'hosts' | 'groups' | 'policies' | 'certificates'>,
    bundles: ReadonlyMap<string, Bundle>,
  ) {
    const { hosts, groups, policies, certificates } = remembered;
    this.#web = web;
    this.#routes = {
      hosts,
      groups,
      policies,
      certificates,
      bundles,
      challenges: {},
      down: [],
      closing: false,
      leaving: false,
    };
  }

  get routes(): Routes {
    return this.#routes;
  }

  running(): boolean {
    return this.#web.running();
  }

  /** Revision of the file that its workers run, or ran when it died. */
  get revision(): string | undefined {
    return this.#revision;
  }

  /** While the web server does not run the change waits for its start. */
  put(change: Partial<Routes>, signal: AbortSignal): Promise<void> {
    return this.#turn.run(async () => {
      this.#routes = { ...this.#routes, ...change };
      if (!this.#web.running() || isSame(this.#routes, this.#committed)) return;
      const committing = this.#routes;
      this.#committed = undefined;
      await this.#web.commit(committing, signal);
      this.#committed = committing;
    }, signal);
  }

  start(file: ServerFile, onDeath: () => void, signal: AbortSignal): Promise<void> {
    return this.#turn.run(async () => {
      this.#committed = undefined;
      await this.#web.start(file, this.#routes, onDeath, signal);
      this.#committed = this.#routes;
      this.#revision = file.revision;
    }, signal);
  }

  test(file: ServerFile, signal: AbortSignal): Promise<void> {
    return this.#turn.run(() => this.#web.test(file, signal), signal);
  }

  reload(file: ServerFile, signal: AbortSignal): Promise<void> {
    return this.#turn.run(async () => {
      await this.#web.reload(file, signal);
      this.#revision = file.revision;
    }, signal);
  }

  state(signal: AbortSignal): Promise<ServerState> {
    return this.#web.state(signal);
  }

  quit(patience: number, signal: AbortSignal): Promise<void> {
    return this.#turn.run(() => this.#web.quit(patience, signal), signal);
  }
}

function isSame(one: Routes, other: Routes | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

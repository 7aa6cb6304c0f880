// An Engine in memory for tests of the agent: it keeps the same contract as Docker's (`test/ports/container-engine.contract.ts`).

import { DeisError } from '../../src/model/errors.ts';
import type {
  Container,
  ContainerEngine,
  ContainerEvent,
  ContainerObserver,
  LabelFilter,
} from '../../src/ports/container-engine.ts';

/** Pulled and loaded images EXPOSE this. */
const USUAL_PORTS = [5000];

interface Watcher {
  labels: LabelFilter;
  observer: ContainerObserver;
}

export class PretendContainers implements ContainerEngine {
  /** TCP ports by reference. */
  readonly images = new Map<string, number[]>();
  /** References that an archive brings, by path. */
  readonly archives = new Map<string, string[]>();
  readonly #did: string[];
  readonly #all = new Map<string, Container>();
  readonly #watchers = new Set<Watcher>();
  #born = 0;

  /** Writes down in `did` what was pulled. */
  constructor(did: string[] = []) {
    this.#did = did;
  }

  /** A container made and started, in place of a dead one of its name. */
  begin(name: string, image: string, labels: Record<string, string>): void {
    this.#born += 1;
    const container: Container = {
      id: String(this.#born).padStart(64, 'c'),
      name,
      image,
      labels,
      running: true,
      startedAt: new Date(Date.UTC(2026, 0, 1) + this.#born).toISOString(),
      ip: `172.30.0.${this.#born + 1}`,
      pid: 100 + this.#born,
      exitCode: 0,
      outOfMemory: false,
    };
    this.#all.set(name, container);
    this.#tell('start', container);
  }

  /** Its process ends; one that does not run is fine. */
  end(name: string, exitCode: number, outOfMemory = false): void {
    const container = this.#all.get(name);
    if (!container?.running) return;
    const dead = { ...container, running: false, ip: '', pid: 0, exitCode, outOfMemory };
    this.#all.set(name, dead);
    this.#tell('die', dead);
  }

  /** Power loss: nothing runs, nobody is told. */
  powerLoss(): void {
    for (const [name, container] of this.#all)
      this.#all.set(name, { ...container, running: false, ip: '', pid: 0 });
  }

  async ping(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    return '20.10';
  }

  async pull(reference: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#did.push(`pull ${reference}`);
    this.images.set(reference, USUAL_PORTS);
  }

  async imageExists(reference: string, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    return this.images.has(reference);
  }

  async exposedPorts(reference: string, signal: AbortSignal): Promise<number[]> {
    signal.throwIfAborted();
    const ports = this.images.get(reference);
    if (!ports) throw new DeisError('not-found', `No such image: ${reference}`);
    return ports.toSorted((one, other) => one - other);
  }

  async loadArchive(path: string, signal: AbortSignal): Promise<string[]> {
    signal.throwIfAborted();
    const references = this.archives.get(path);
    if (!references) throw new DeisError('not-found', `There is no image archive ${path}.`);
    for (const reference of references) this.images.set(reference, USUAL_PORTS);
    return references;
  }

  async containers(labels: LabelFilter, signal: AbortSignal): Promise<Container[]> {
    signal.throwIfAborted();
    return this.#carrying(labels);
  }

  async inspect(name: string, signal: AbortSignal): Promise<Container | undefined> {
    signal.throwIfAborted();
    return this.#find(name);
  }

  /** Nobody in here listens to SIGTERM. */
  async stop(name: string, _seconds: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const found = this.#find(name);
    if (found) this.end(found.name, 137);
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const found = this.#find(name);
    if (!found) return;
    this.end(found.name, 137);
    this.#all.delete(found.name);
    this.#tell('destroy', found);
  }

  watch(labels: LabelFilter, observer: ContainerObserver, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const watcher = { labels, observer };
    this.#watchers.add(watcher);
    observer.snapshot(this.#carrying(labels));
    return new Promise((resolve) => {
      const leave = (): void => {
        this.#watchers.delete(watcher);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #find(name: string): Container | undefined {
    return this.#all.get(name) ?? [...this.#all.values()].find(({ id }) => id === name);
  }

  #carrying(labels: LabelFilter): Container[] {
    return [...this.#all.values()].filter((container) => carries(container, labels));
  }

  #tell(action: ContainerEvent['action'], container: Container): void {
    const { id, name, labels, exitCode } = container;
    const event = { action, id, name, labels, ...(action === 'die' && { exitCode }) };
    for (const watcher of this.#watchers)
      if (carries(container, watcher.labels)) watcher.observer.event(event);
  }
}

function carries(container: Container, labels: LabelFilter): boolean {
  return Object.entries(labels).every(([name, value]) => {
    const carried = container.labels[name];
    return carried !== undefined && (value === '' || carried === value);
  });
}

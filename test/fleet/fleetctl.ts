// A client that behaves as fleetctl 1.0 does, request by request: what it asks before it changes anything, what it polls until it says
// that a unit is launched, and how strictly it reads. The original cannot be fetched here.

import { createHash } from 'node:crypto';
import { serialiseUnitFile } from '../../src/model/unit-file.ts';
import type { UnitOption } from '../../src/model/unit.ts';
import type { Answer, Asked } from './ask.ts';

export type Ask = (path: string, asked?: Asked) => Promise<Answer>;

export interface ClientUnit {
  name: string;
  options?: UnitOption[];
  desiredState?: string;
  currentState?: string;
  machineID?: string;
}

export interface ClientState {
  name: string;
  hash?: string;
  machineID?: string;
  systemdLoadState?: string;
  systemdActiveState?: string;
  systemdSubState?: string;
}

export interface ClientMachine {
  id: string;
  primaryIP?: string;
  metadata?: Record<string, string>;
}

type Page = { nextPageToken?: string } & Record<string, unknown>;

/** It gives a launched unit this long to become active. */
const ACTIVE_MS = 2000;

/** What fleetctl would print; `code` its exit code. */
export interface Told {
  code: number;
  lines: string[];
}

export class Fleetctl {
  readonly #ask: Ask;
  readonly #patience: number;
  readonly #poll: number;
  /** Every request, as `GET /units/a.service`. */
  readonly asked: string[] = [];

  /**
   * `patience`: ms until a wait that the original would go on with for ever is given up. `poll`: ms between two questions, 250 in the
   * original; tests without machines have less time.
   */
  constructor(ask: Ask, { patience = 20_000, poll = 50 } = {}) {
    this.#ask = ask;
    this.#patience = patience;
    this.#poll = poll;
  }

  async units(): Promise<ClientUnit[]> {
    return this.#list('/units', 'units');
  }

  async states(): Promise<ClientState[]> {
    return this.#list('/state', 'states');
  }

  async machines(): Promise<ClientMachine[]> {
    return this.#list('/machines', 'machines');
  }

  /** `UNIT MACHINE ACTIVE SUB` */
  async listUnits(): Promise<string[]> {
    const machines = new Map((await this.machines()).map((machine) => [machine.id, machine]));
    return (await this.states()).map(({ name, machineID = '', ...state }) => {
      const where = label(machines.get(machineID) ?? { id: machineID });
      return [name, where, state.systemdActiveState, state.systemdSubState].join(' ');
    });
  }

  /** `UNIT HASH DSTATE STATE TARGET`; the hash is the client's own. */
  async listUnitFiles(): Promise<string[]> {
    return (await this.units()).map(({ name, options = [], ...unit }) =>
      [
        name,
        hashOf(options).slice(0, 7),
        unit.desiredState ?? '-',
        isGlobal(options) ? '-' : (unit.currentState ?? '-'),
        isGlobal(options) ? 'global' : (unit.machineID ?? '-'),
      ].join(' '),
    );
  }

  async cat(name: string): Promise<string> {
    return serialiseUnitFile((await this.#unit(name))?.options ?? []);
  }

  async submit(units: Record<string, UnitOption[]>, replace = false): Promise<Told> {
    return this.#each(units, (name, options) => this.#create(name, options, replace));
  }

  async load(units: Record<string, UnitOption[]>, replace = false): Promise<Told> {
    return this.#each(units, async (name, options) => {
      await this.#create(name, options, replace);
      return this.#bring(name, 'loaded');
    });
  }

  async start(units: Record<string, UnitOption[]>, replace = false): Promise<Told> {
    return this.#each(units, async (name, options) => {
      await this.#create(name, options, replace);
      const lines = await this.#bring(name, 'launched');
      if (lines.some((line) => line.includes('global'))) return lines;
      await this.#untilActive(name);
      return lines;
    });
  }

  async stop(...names: string[]): Promise<Told> {
    return this.#existing(names, async ({ name, desiredState }) => {
      if (desiredState === 'inactive')
        throw new Error(`Unable to stop unit ${name} in state inactive`);
      return this.#bring(name, 'loaded');
    });
  }

  async unload(...names: string[]): Promise<Told> {
    return this.#existing(names, ({ name }) => this.#bring(name, 'inactive'));
  }

  /** Both writes at once, and then it waits for `launched`: it does not look whether anything happened. */
  async restart(...names: string[]): Promise<Told> {
    return this.#existing(names, async ({ name, desiredState }) => {
      if (desiredState === 'inactive')
        throw new Error(`Unable to restart unit ${name} in state inactive`);
      await this.#put(name, { name, desiredState: 'loaded' });
      await this.#put(name, { name, desiredState: 'launched' });
      return this.#wait(name, 'launched');
    });
  }

  async destroy(...names: string[]): Promise<Told> {
    return this.#existing(names, async ({ name }) => {
      const { status, body } = await this.#request('DELETE', `/units/${escapeName(name)}`);
      if (status !== 204) throw new Error(`Error destroying units: ${body}`);
      return [`Destroyed ${name}`];
    });
  }

  async #create(name: string, options: UnitOption[], replace: boolean): Promise<string[]> {
    const known = await this.#unit(name);
    const same = known && hashOf(known.options ?? []) === hashOf(options);
    if (known && (same || !replace)) return [];
    await this.#put(name, { name, options });
    return this.#wait(name, 'inactive');
  }

  async #bring(name: string, desiredState: string): Promise<string[]> {
    const unit = await this.#unit(name);
    if (!unit) throw new Error(`unit ${name} not found`);
    if (unit.desiredState !== desiredState) await this.#put(name, { name, desiredState });
    if (isGlobal(unit.options ?? [])) return [`Triggered global unit ${name} start`];
    return this.#wait(name, desiredState);
  }

  async #wait(name: string, state: string): Promise<string[]> {
    const end = performance.now() + this.#patience;
    for (;;) {
      const unit = await this.#unit(name);
      // A global unit never has a current state: its desired one is waited for.
      const now = isGlobal(unit?.options ?? []) ? unit?.desiredState : unit?.currentState;
      if (unit && now === state) {
        if (unit.machineID === undefined) return [`Unit ${name} ${state}`];
        const machine = (await this.machines()).find(({ id }) => id === unit.machineID);
        return [`Unit ${name} ${state} on ${label(machine ?? { id: unit.machineID })}`];
      }
      if (performance.now() > end) {
        throw new Error(`${name} does not become ${state}: ${JSON.stringify(unit)}`);
      }
      await pause(this.#poll);
    }
  }

  async #untilActive(name: string): Promise<void> {
    const end = performance.now() + ACTIVE_MS;
    for (;;) {
      const { status, body } = await this.#request('GET', `/state/${escapeName(name)}`);
      // A nil dereference in the original.
      if (status === 404) throw new Error('fleetctl crashes');
      const state = status === 200 ? (JSON.parse(body) as ClientState) : undefined;
      if (state?.systemdActiveState === 'active' && state.systemdLoadState === 'loaded') return;
      if (performance.now() > end) throw new Error(`${name} is not active`);
      await pause(this.#poll);
    }
  }

  async #unit(name: string): Promise<ClientUnit | undefined> {
    const { status, body } = await this.#request('GET', `/units/${escapeName(name)}`);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`GET ${name}: ${status} ${body}`);
    return strictUnit(JSON.parse(body));
  }

  async #put(name: string, unit: ClientUnit): Promise<void> {
    const answer = await this.#request('PUT', `/units/${escapeName(name)}`, JSON.stringify(unit));
    if (answer.status === 201 || answer.status === 204) return;
    const { error } = JSON.parse(answer.body) as { error: { code: number; message: string } };
    throw new Error(`googleapi: Error ${error.code}: ${error.message}`);
  }

  async #list<T>(path: string, field: string): Promise<T[]> {
    const all: T[] = [];
    for (let token = ''; ;) {
      const query = token === '' ? '' : `&nextPageToken=${encodeURIComponent(token)}`;
      const { status, body } = await this.#request('GET', path, undefined, query);
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
      const page = JSON.parse(body) as Page;
      all.push(...((page[field] as T[] | undefined) ?? []));
      if (!page.nextPageToken) return all;
      token = page.nextPageToken;
    }
  }

  #request(method: string, path: string, body?: string, query = ''): Promise<Answer> {
    this.asked.push(`${method} ${path}`);
    return this.#ask(`/fleet/v1${path}?alt=json${query}`, {
      method,
      headers: [
        'user-agent',
        'google-api-go-client/0.5',
        ...(body === undefined ? [] : ['content-type', 'application/json']),
      ],
      ...(body !== undefined && { body }),
    });
  }

  /** All side by side; what went wrong with one is no concern of the others. */
  async #each(
    units: Record<string, UnitOption[]>,
    work: (name: string, options: UnitOption[]) => Promise<string[]>,
  ): Promise<Told> {
    return told(Object.entries(units).map(([name, options]) => work(name, options)));
  }

  async #existing(names: string[], work: (unit: ClientUnit) => Promise<string[]>): Promise<Told> {
    const known = new Map((await this.units()).map((unit) => [unit.name, unit]));
    return told(
      names.map(async (name) => {
        const unit = known.get(name);
        return unit ? work(unit) : [`Unit ${name} does not exist`];
      }),
    );
  }
}

async function told(works: Promise<string[]>[]): Promise<Told> {
  const ends = await Promise.allSettled(works);
  return {
    code: ends.every(({ status }) => status === 'fulfilled') ? 0 : 1,
    lines: ends.flatMap((end) =>
      end.status === 'fulfilled'
        ? end.value
        : [end.reason instanceof Error ? end.reason.message : String(end.reason)],
    ),
  };
}

/** Go's decoder refuses a field of another type; a field that is absent is empty. */
function strictUnit(value: unknown): ClientUnit {
  const unit = value as ClientUnit;
  const texts = [unit.name, unit.desiredState, unit.currentState, unit.machineID];
  const options = unit.options ?? [];
  const fits =
    texts.every((text) => text === undefined || typeof text === 'string') &&
    Array.isArray(options) &&
    options.every((option) => Object.values(option).every((text) => typeof text === 'string'));
  if (!fits) throw new Error(`json: cannot unmarshal ${JSON.stringify(value)}`);
  return { ...unit, options: options.map((option) => ({ ...EMPTY, ...option })) };
}

const EMPTY: UnitOption = { section: '', name: '', value: '' };

/** googleapi.Expand percent-encodes all but unreserved characters; of those that names have, `@`, `:` and `\`. */
function escapeName(name: string): string {
  return encodeURIComponent(name);
}

export function hashOf(options: UnitOption[]): string {
  return createHash('sha1').update(serialiseUnitFile(options)).digest('hex');
}

function isGlobal(options: readonly UnitOption[]): boolean {
  const values = options.filter(({ section, name }) => section === 'X-Fleet' && name === 'Global');
  return ['true', 'yes', '1', 'on', 't'].includes(values.at(-1)?.value.toLowerCase() ?? '');
}

function label({ id, primaryIP }: ClientMachine): string {
  return `${id.slice(0, 8)}...${primaryIP ? `/${primaryIP}` : ''}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

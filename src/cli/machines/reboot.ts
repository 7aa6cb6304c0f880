// deisctl reboot: machines one after the other. Each empties itself, goes down and comes back; this side asks, tells, and waits.

import type { MachineClient } from '../../adapters/machine-client.ts';
import type { Machine } from '../../model/cluster.ts';
import { DeisError, toDeisError } from '../../model/errors.ts';
import { DEFAULT_FORMATION, type Node } from '../../model/formation.ts';
import { keys } from '../../registry/keys.ts';
import { type Registry, remove, unchanged } from '../../registry/registry.ts';
import { formationCalled } from '../formations/records.ts';
import { nodeCalled, nodeTableOrder, plainNode } from '../nodes/list.ts';
import type { Output } from '../output.ts';
import { pause } from '../pause.ts';

const LOOK_MS = 300;

export interface RebootNeeds {
  registry: Registry;
  machines: Pick<MachineClient, 'reboot'>;
  output: Output;
  /** ms until a machine that went down must be back and well. */
  timeout: number;
}

/** Machines that the words mean: nodes by name or address, layers of the formation by name; no words: all of the formation. */
export async function machinesMeant(
  registry: Registry,
  words: readonly string[],
  formation: string | undefined,
  signal: AbortSignal,
): Promise<Machine[]> {
  if (formation !== undefined) await formationCalled(registry, formation, signal);
  const [machines, nodes, layers] = await Promise.all([
    registry.list(keys.machines, [], signal),
    registry.list(keys.nodes, [], signal),
    registry.list(keys.layers, [formation ?? DEFAULT_FORMATION], signal),
  ]);
  const known = new Map(nodes.items.map(({ value }) => [value.machine, value]));
  const all = machines.items.map(({ value }) => known.get(value.id) ?? plainNode(value));
  const ofFormation = all.filter((node) => node.formation === (formation ?? DEFAULT_FORMATION));
  const isLayer = (word: string): boolean => layers.items.some(({ value }) => value.id === word);
  const meant: Node[] = [];
  for (const word of words) {
    const namesake = all.find(({ id }) => id === word);
    if (isLayer(word) && namesake) {
      const hint = `The node alone: deisctl reboot ${namesake.address}`;
      throw new DeisError('invalid', `"${word}" is a layer and a node`, hint);
    }
    if (isLayer(word)) meant.push(...ofFormation.filter(({ layer }) => layer === word));
    else meant.push(await nodeCalled(registry, word, signal));
  }
  if (words.length === 0) {
    meant.push(...all.filter((node) => formation === undefined || node.formation === formation));
  }
  if (meant.length === 0) {
    const where = words.length === 0 ? '' : `layer ${words.join(', ')} of `;
    throw new DeisError(
      'not-found',
      `${where}formation ${formation ?? DEFAULT_FORMATION} has no machines`,
    );
  }
  const ids = new Set(meant.toSorted(nodeTableOrder).map(({ machine }) => machine));
  const byId = new Map(machines.items.map(({ value }) => [value.id, value]));
  return [...ids].flatMap((id) => byId.get(id) ?? []);
}

/** Throws DeisError 'conflict' when a machine may not be rebooted, 'timeout' when it does not come back: the others are left as they are. */
export async function rebootAll(
  needs: RebootNeeds,
  machines: readonly Machine[],
  signal: AbortSignal,
): Promise<void> {
  for (const machine of machines) await rebootOne(needs, machine, signal);
}

async function rebootOne(
  { registry, machines, output, timeout }: RebootNeeds,
  { id, name }: Machine,
  signal: AbortSignal,
): Promise<void> {
  // As it is now: an earlier one may have made it run other things.
  const machine = (await registry.get(keys.machines, [id], signal))?.value;
  if (!machine) throw new DeisError('not-found', `${name} is no machine of the cluster any more`);
  if (!(await registry.get(keys.alive, [id], signal))) {
    throw new DeisError(
      'unavailable',
      `${name} is silent: nobody there could make it ready for a reboot`,
      `See why: deisctl doctor`,
    );
  }
  let isDown = false;
  try {
    for await (const news of machines.reboot(machine.api, 'operator', signal)) {
      if (news.kind === 'progress') output.line(`${name}: ${news.text}`);
      isDown ||= news.kind === 'granted' || (news.kind === 'progress' && news.text === 'rebooting');
      if (news.kind === 'refused') {
        throw new DeisError('conflict', `${name} is not rebooted: ${news.problem}`, news.hint);
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    // It may go down before its last word is out.
    if (!isDown || toDeisError(error).code !== 'unavailable') throw error;
  }
  await untilWell(registry, machine, timeout, signal);
  output.line(`${name}: is back and well`);
}

/** The machine gives its turn back when it is. */
async function untilWell(
  registry: Registry,
  { id, name, bootId }: Machine,
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const [machine, turn] = await Promise.all([
      registry.get(keys.machines, [id], signal),
      registry.get(keys.reboots, ['turn'], signal),
    ]).catch((error: unknown) => {
      signal.throwIfAborted();
      // The store may be choosing another leader.
      if (toDeisError(error).code === 'unavailable') return [undefined, undefined] as const;
      throw error;
    });
    const isBack = machine !== undefined && machine.value.bootId !== bootId;
    if (isBack && turn?.value.machine !== id) return;
    if (performance.now() > deadline) {
      throw new DeisError(
        'timeout',
        isBack ? `${name} is back, but not well yet` : `${name} has not come back`,
        `See why: deisctl doctor. No other machine reboots until it is well, or until: deisctl reboot --release`,
      );
    }
    await pause(LOOK_MS, signal);
  }
}

/** Whose turn it was; undefined: nobody's. Throws DeisError 'conflict' when it passes to another one at this moment. */
export async function releaseTurn(
  registry: Registry,
  signal: AbortSignal,
): Promise<string | undefined> {
  const held = await registry.get(keys.reboots, ['turn'], signal);
  if (!held) return undefined;
  const same = unchanged(keys.reboots, ['turn'], held.modRevision);
  const { applied } = await registry.commit([same], [remove(keys.reboots, ['turn'])], signal);
  if (applied) return held.value.name;
  throw new DeisError(
    'conflict',
    `${held.value.name} has just given its turn back`,
    'See who has it now: deisctl status',
  );
}

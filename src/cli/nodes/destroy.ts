// deisctl nodes:destroy: empties a machine, takes it out of the cluster, and leaves the host as it was.

import type { Machine } from '../../model/cluster.ts';
import { DeisError, toDeisError } from '../../model/errors.ts';
import type { Node } from '../../model/formation.ts';
import { checkoutRoot } from '../../machines/checkout.ts';
import { leaveHost, stopDaemon } from '../../machines/join/leave.ts';
import type { MachineProvider } from '../../machines/providers/provider.ts';
import { PROVIDERS } from '../../machines/providers/providers.ts';
import { openAccess } from '../../machines/ssh-keys.ts';
import { keys } from '../../registry/keys.ts';
import type { Operation } from '../platform/operation.ts';
import type { Surroundings } from './create.ts';
import { providerCalled } from '../formations/providers.ts';
import { emptyMachine } from './empty.ts';
import { alone } from '../alone.ts';
import { forgetMachine, forgetNode } from './forget.ts';
import { followNodes } from './members.ts';

export interface DestroyOptions {
  /** ms without anything leaving. */
  patience: number;
  /** The host is gone for good: nothing is asked of it. */
  gone: boolean;
}

/** Throws DeisError 'unschedulable' when something cannot leave, 'unavailable' when the host cannot be reached: nothing is forgotten then. */
export async function destroyNode(
  node: Node,
  around: Surroundings,
  operation: Operation,
  options: DestroyOptions,
  signal: AbortSignal,
): Promise<void> {
  const { registry, output } = operation;
  const work = (held: AbortSignal) => destroyAlone(node, around, operation, options, held);
  await alone(registry, `node/${node.machine}`, output, work, signal);
}

async function destroyAlone(
  node: Node,
  around: Surroundings,
  operation: Operation,
  options: DestroyOptions,
  signal: AbortSignal,
): Promise<void> {
  const { registry, progress } = around;
  const machine = (await registry.get(keys.machines, [node.machine], signal))?.value;
  if (options.gone) {
    await requireSilence(node, around, signal);
    await followNodes(around, { machine: node.machine, gone: true }, signal);
    await forgetMachine(registry, node.machine, signal);
    await forgetNode(registry, node.machine, signal);
    return;
  }
  const provider = await providerOf(node, around, signal);
  if (provider && !provider.joins) {
    if (machine) await empty(operation, machine, around, options, signal);
    await followNodes(around, { machine: node.machine, gone: false }, signal);
    const { context } = around;
    const workshop = { root: checkoutRoot(), context, progress };
    await provider.destroy(node, workshop, signal);
    await forgetMachine(registry, node.machine, signal);
    await forgetNode(registry, node.machine, signal);
    return;
  }
  await sendHome(node, machine, around, operation, options, signal);
}

/** Who made it: machines that came with a local cluster are its own. Undefined: a host that joined. */
async function providerOf(
  node: Node,
  { registry, context }: Surroundings,
  signal: AbortSignal,
): Promise<MachineProvider | undefined> {
  if (node.provider !== '') return (await providerCalled(registry, node.provider, signal)).machines;
  return context.machines.some(({ id }) => id === node.machine) ? PROVIDERS['local'] : undefined;
}

/** Empties the host, and takes everything of ours from it. */
async function sendHome(
  node: Node,
  machine: Machine | undefined,
  around: Surroundings,
  operation: Operation,
  options: DestroyOptions,
  signal: AbortSignal,
): Promise<void> {
  const { registry, context, progress } = around;
  const { access } = node;
  if (!access) {
    throw new DeisError(
      'unsupported',
      `nobody knows how to reach ${node.id} by SSH`,
      `Join it once more, which tells: deisctl nodes create USER@${node.address}`,
    );
  }
  const host = await openAccess(access, context, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const { code, message } = toDeisError(error);
    const hint = `If the host is gone for good: deisctl nodes destroy ${node.id} --gone`;
    throw new DeisError(code, message, hint, { cause: error });
  });
  try {
    if (machine) await empty(operation, machine, around, options, signal);
    await followNodes(around, { machine: node.machine, gone: false }, signal);
    await progress.step('Out of the cluster', async () => {
      await stopDaemon(host, signal);
      await forgetMachine(registry, node.machine, signal);
    });
    await progress.step(`${host.name} as it was`, () => leaveHost(host, signal));
    await forgetNode(registry, node.machine, signal);
  } finally {
    host.close();
  }
}

async function empty(
  operation: Operation,
  machine: Machine,
  { registry }: Surroundings,
  { patience }: DestroyOptions,
  signal: AbortSignal,
): Promise<void> {
  // Without a heartbeat nobody there would say that anything has left: the scheduler places it elsewhere by itself.
  if (!(await registry.get(keys.alive, [machine.id], signal))) return;
  await emptyMachine(operation, machine, { patience }, signal);
}

async function requireSilence(
  { id, machine }: Node,
  { registry }: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  if (!(await registry.get(keys.alive, [machine], signal))) return;
  throw new DeisError(
    'conflict',
    `${id} is alive: its heartbeat is there`,
    `Take it out in good order: deisctl nodes destroy ${id}`,
  );
}

// Members of the store follow the nodes: after machines came, and before machines go.

import { readFile } from 'node:fs/promises';
import type { Machine } from '../../model/cluster.ts';
import { type Node, PLANE_LABELS } from '../../model/formation.ts';
import { checkoutRoot } from '../../machines/checkout.ts';
import { contextFile } from '../../machines/context.ts';
import { clusterKit } from '../../machines/kit.ts';
import { localMemberHost, tellLocalCluster } from '../../machines/local/members.ts';
import { findRecord } from '../../machines/local/record.ts';
import { followMachines, type MemberHost } from '../../machines/members/follow.ts';
import type { Carrier } from '../../machines/members/plan.ts';
import { sshMemberHost } from '../../machines/members/ssh-member.ts';
import { openAccess } from '../../machines/ssh-keys.ts';
import { writeFileSpec } from '../../machines/write-file.ts';
import { keys } from '../../registry/keys.ts';
import { put } from '../../registry/registry.ts';
import { alone } from '../alone.ts';
import { despiteSilence } from '../despite-silence.ts';
import type { Surroundings } from './create.ts';
import { plainNode } from './list.ts';

/** A machine with its place. */
export interface Placed {
  machine: Pick<Machine, 'id' | 'name' | 'ip' | 'metadata'>;
  node: Node;
}

/** Machines that go; `gone`: nothing can be asked of them any more. */
export interface Leaving {
  machine: string;
  gone: boolean;
}

/** Brings the store to as many members as the machines that stay should carry. Throws DeisError 'conflict' when its majority is in danger. */
export async function followNodes(
  around: Surroundings,
  leaving: Leaving | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { registry, progress } = around;
  const output = { line: (text: string) => progress.note(text) };
  const work = (held: AbortSignal) => followAlone(around, leaving, held);
  await alone(registry, 'store-members', output, work, signal);
}

async function followAlone(
  around: Surroundings,
  leaving: Leaving | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { registry, context, progress } = around;
  const root = checkoutRoot();
  const look = () =>
    Promise.all([
      findRecord(root, context.name),
      registry.list(keys.machines, [], signal),
      registry.list(keys.nodes, [], signal),
      registry.list(keys.alive, [], signal),
      registry.list(keys.lost, [], signal),
      registry.get(keys.reboots, ['turn'], signal),
      operatorTls(context.tls),
    ]);
  const [local, machines, nodes, alive, silent, turn, tls] = await despiteSilence(look, signal);
  const known = new Map(nodes.items.map(({ value }) => [value.machine, value]));
  const placed = machines.items.map(({ value: machine }): Placed => ({
    machine,
    node: known.get(machine.id) ?? plainNode(machine),
  }));
  // One that reboots comes back, however long it takes.
  const lost = new Set(silent.items.map(({ ids }) => ids[0]!));
  if (turn) lost.delete(turn.value.machine);
  const living = new Set(alive.items.map(({ ids }) => ids[0]!));
  const isLocal = (id: string): boolean =>
    local?.machines.some((machine) => machine.id === id) === true;
  const able = ({ machine, node }: Placed): boolean =>
    living.has(machine.id) &&
    (isLocal(machine.id) || (node.access !== undefined && node.mayCarryStore === true));
  const at = new Map(placed.map((one) => [one.machine.ip, one]));

  const hostAt = (ip: string): MemberHost | undefined => {
    const one = at.get(ip);
    if (!one) return undefined;
    const { id, name } = one.machine;
    // Also one that is off: it is not to begin again with what it knew.
    if (isLocal(id)) return localMemberHost(root, context.name, id, progress);
    const { access } = one.node;
    if (!access || (leaving?.gone && id === leaving.machine)) return undefined;
    const open = (given: AbortSignal) => openAccess(access, around.context, given);
    return sshMemberHost({ name, ip, open, kit: () => clusterKit(root, around.context) });
  };

  const told = async (endpoints: readonly string[]): Promise<void> => {
    if (sameTexts(endpoints, around.context.etcd)) return;
    const members = { endpoints: [...endpoints] };
    const write = put(keys.storeMembers, ['members'], members);
    await despiteSilence(() => registry.commit([], [write], signal), signal);
    around.follow(endpoints);
    around.context = { ...around.context, etcd: [...endpoints] };
    if (await tellLocalCluster(root, context.name, endpoints, progress, signal)) return;
    const content = `${JSON.stringify(around.context, undefined, 2)}\n`;
    await writeFileSpec('', { path: contextFile(root, context.name), content });
  };

  await followMachines(
    {
      way: { endpoints: context.etcd, tls, through: around.through },
      carriers: inPreference(staying(placed, leaving?.machine, lost)).map((one): Carrier => ({
        id: one.machine.id,
        ip: one.machine.ip,
        able: able(one),
      })),
      nameOf: (ip) => at.get(ip)?.machine.name ?? ip,
      hostAt,
      told,
      progress,
    },
    signal,
  );
}

/** A machine that is silent may be busy: only one that was declared lost has gone. Pure. */
export function staying(
  placed: readonly Placed[],
  leaving: string | undefined,
  lost: ReadonlySet<string>,
): Placed[] {
  return placed.filter(({ machine: { id } }) => id !== leaving && !lost.has(id));
}

/** Machines that run the platform's own parts first, then the newest: the oldest of a layer are the next to go. Pure. */
export function inPreference(placed: readonly Placed[]): Placed[] {
  const rank = ({ node, machine }: Placed): number => {
    if (node.layer === '') return node.formation === 'default' ? 0 : 2;
    return machine.metadata[PLANE_LABELS.control] === 'true' ? 1 : 2;
  };
  return placed.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.node.created < b.node.created ? 1 : a.node.created > b.node.created ? -1 : 0) ||
      (a.machine.name < b.machine.name ? -1 : 1),
  );
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join(' ') === b.toSorted().join(' ');
}

async function operatorTls(paths: { ca: string; cert: string; key: string }) {
  const [ca, cert, key] = await Promise.all(
    [paths.ca, paths.cert, paths.key].map((path) => readFile(path, 'utf8')),
  );
  return { ca: ca!, cert: cert!, key: key! };
}

// Machines as people think of them: a formation is a named pool, its layers say what may run where, its nodes are machines.

/** Everything that was put into no other formation. */
export const DEFAULT_FORMATION = 'default';

/** What a layer's machines may run: containers of apps, routers, the platform's other parts. */
export const PLANES = ['runtime', 'proxy', 'control'] as const;
export type Plane = (typeof PLANES)[number];

/** The labels by which Deis v1 knew its planes. */
export const PLANE_LABELS: Record<Plane, string> = {
  runtime: 'dataPlane',
  proxy: 'routerMesh',
  control: 'controlPlane',
};

export interface Formation {
  id: string;
  /** Apps are served at `<app>.<domain>`; absent for the default one, which has the platform's. */
  domain?: string;
  /** ISO 8601, UTC. */
  created: string;
}

/** Machines of a formation that are alike. */
export interface Layer {
  id: string;
  formation: string;
  /** What a new machine of it is made from; '': its machines are brought by `nodes create` only. */
  flavor: string;
  runtime: boolean;
  proxy: boolean;
  control: boolean;
  created: string;
}

/** A template that makes machines. */
export interface Flavor {
  id: string;
  provider: string;
  /** Known to the provider: size, image, region. */
  params: Record<string, string>;
  created: string;
}

/** Where machines come from, under a name of the operator's: several accounts of one cloud are several providers. */
export interface Provider {
  id: string;
  /** A row of machines/providers/providers.ts: `local`, `ssh`. */
  type: string;
  params: Record<string, string>;
  created: string;
}

/** How an operator's computer gets a shell on the machine. */
export interface SshAccess {
  host: string;
  port: number;
  user: string;
  /** `SHA256:…`, as seen when the machine joined. */
  hostKey: string;
  /** Path of the private key on the operator's computer; absent: an agent's, or the usual ones. */
  key?: string;
}

/** One machine's place in a formation; kept under its machine-id. */
export interface Node {
  /** Its name in the cluster: `<formation>-<layer>-<number>`, or what the operator chose. */
  id: string;
  machine: string;
  formation: string;
  /** '': in no layer, so anything of its formation may run there. */
  layer: string;
  /** Counts up within the layer: the oldest node has the lowest. */
  number: number;
  provider: string;
  address: string;
  /** What its agent shows as metadata, besides what the machine was told when it joined. */
  labels: Record<string, string>;
  /** Absent for machines that are not reached by SSH. */
  access?: SshAccess;
  /** A member of the store can run there; absent: it is a machine of a local cluster, or nobody has looked. */
  mayCarryStore?: boolean;
  created: string;
}

/** Ids of formations, layers, flavors and providers: they are parts of names of machines and of labels. */
export const GROUP_ID = /^[a-z][a-z0-9-]{0,29}$/;

/** Routers of other formations than the default one have numbers from here on: `deisctl scale router` does not know them. */
export const FIRST_FORMATION_ROUTER = 1001;

/** By it a router is told whose apps it serves. */
export const FORMATION_VARIABLE = 'DEIS_FORMATION';

/** What a unit demands of a machine's place: its formation (undefined: any), and one of the planes of its layer. */
export interface Home {
  formation: string | undefined;
  plane: Plane;
}

/**
 * What speaks against a machine with these labels, in words. A machine in no layer runs everything of its formation; the platform's
 * own parts come into another formation only by a layer that says so.
 */
export function placeProblem(
  { formation, plane }: Home,
  labels: Readonly<Record<string, string>>,
): string | undefined {
  const place = labels['formation'] ?? DEFAULT_FORMATION;
  if (formation !== undefined && formation !== place) {
    return `it belongs to formation ${formation}, the machine to ${place}`;
  }
  const layer = labels['layer'];
  const isOpen = layer === undefined && (formation !== undefined || place === DEFAULT_FORMATION);
  if (isOpen || labels[PLANE_LABELS[plane]] === 'true') return undefined;
  return layer === undefined
    ? `the machine belongs to formation ${place}, in no ${plane} layer`
    : `the machine's layer ${layer} is no ${plane} layer`;
}

/** What is wrong with an id of these kinds, or undefined. */
export function groupIdProblem(kind: string, id: string): string | undefined {
  if (GROUP_ID.test(id) && !id.endsWith('-')) return undefined;
  return `"${id}" is no name for a ${kind}: use a letter first, then small letters, digits and dashes, at most 30`;
}

/** Labels of a machine in this formation and layer. A machine of the default formation in no layer has none: anything may run there. */
export function labelsOf(formation: string, layer: Layer | undefined): Record<string, string> {
  const labels: Record<string, string> = {};
  if (formation !== DEFAULT_FORMATION) labels['formation'] = formation;
  if (!layer) return labels;
  labels['layer'] = layer.id;
  for (const plane of PLANES) labels[PLANE_LABELS[plane]] = String(layer[plane]);
  return labels;
}

/** The number of the next node of a layer: one more than the newest has. */
export function nextNumber(
  nodes: readonly Pick<Node, 'formation' | 'layer' | 'number'>[],
  formation: string,
  layer: string,
): number {
  const numbers = nodes
    .filter((node) => node.formation === formation && node.layer === layer)
    .map(({ number }) => number);
  return Math.max(0, ...numbers) + 1;
}

export function nodeId(formation: string, layer: string, number: number): string {
  return [formation, layer === '' ? 'node' : layer, String(number)].join('-');
}

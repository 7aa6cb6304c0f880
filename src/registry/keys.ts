// THE table of key families: one row per family, one writer per row. No other file spells "/deis/". It is longer than files are here, on
// purpose: only where all rows stand together does it show when two prefixes overlap or a family gets a second writer.

import { z } from 'zod';
import type {
  App,
  AppProcess,
  Build,
  Config,
  History,
  Permission,
  Release,
  Token,
  User,
} from '../model/app.ts';
import type {
  Alive,
  Lost,
  Machine,
  Orders,
  Placement,
  RebalanceWish,
  SchedulerStatus,
  Unschedulable,
} from '../model/cluster.ts';
import type { Drain } from '../model/drain.ts';
import type { IdentityReport } from '../model/identity.ts';
import type { Deployment, PastDeployment } from '../model/rollout.ts';
import type { Applied, RouterAlive } from '../model/route.ts';
import type { UnitState, WantedUnit } from '../model/unit.ts';
import { buildLog, pushedRefs } from './builder-schemas.ts';
import { family, plainFamily } from './family.ts';
import { flavor, formation, layer, node, provider } from './formation-schemas.ts';
import { rebootTurn, storeMembers } from './machine-schemas.ts';
import { deployPolicy, policyRecord } from './policy-schemas.ts';
import { grave } from './image-schemas.ts';
import { acmeAccount, acmeChallenge, acmeOrder, appRouting } from './routing-schemas.ts';
import { auditEvent, certificate, domain, publicKey } from './user-schemas.ts';

const text = z.string();
const count = z.number().int().nonnegative();
const texts = z.record(text, text);

const liveCheck = z.object({
  path: text.optional(),
  command: z.array(text).optional(),
  initialDelay: z.number(),
  timeout: z.number(),
  interval: z.number(),
  failures: z.number(),
});

const check = liveCheck.extend({
  startPath: text.optional(),
  startCommand: z.array(text).optional(),
  live: liveCheck.optional(),
  withdrawLast: z.boolean().optional(),
});

/** Also the shape in which a one-off container is ordered: see agent/api/runs.ts. */
export const appProcess = z.object({
  app: text,
  release: count,
  type: text,
  num: count,
  image: text,
  command: z.array(text).nullable(),
  entrypoint: z.array(text).optional(),
  config: text,
  routed: z.boolean(),
  port: count.nullable(),
  check,
  memory: count.optional(),
  cpuShares: count.optional(),
  stopTimeout: count,
  drainTimeout: count,
}) as z.ZodType<AppProcess>;

const wantedUnit = z.object({
  name: text,
  kind: z.enum(['platform', 'app', 'foreign']),
  desired: z.enum(['inactive', 'loaded', 'launched', 'gone']),
  options: z.array(z.object({ section: text, name: text, value: text })),
  restarts: count,
  process: appProcess.optional(),
}) as z.ZodType<WantedUnit>;

const unitState = z.object({
  load: text,
  active: text,
  sub: text,
  phase: z.enum([
    'pending',
    'pulling',
    'starting',
    'running',
    'draining',
    'stopping',
    'stopped',
    'gone',
    'failed',
    'orphan',
  ]),
  health: z.enum(['none', 'unknown', 'healthy', 'unhealthy']),
  revision: count,
  hash: text,
  restarts: count,
  crashes: count,
  since: z.number(),
  address: text.optional(),
  published: count.optional(),
  containerId: text.optional(),
  startedAt: text.optional(),
  exitCode: z.number().optional(),
  outOfMemory: z.boolean().optional(),
  lastEnd: z.object({ exitCode: z.number(), outOfMemory: z.boolean() }).optional(),
  message: text.optional(),
  drain: z.object({ waitingFor: z.array(text), deadline: z.number() }).optional(),
}) as z.ZodType<UnitState>;

const machine = z.object({
  id: text,
  name: text,
  ip: text,
  metadata: texts,
  capacity: z.object({ memory: z.number(), cpus: z.number() }),
  api: text,
  bootId: text,
  versions: z.object({ deisd: text, systemd: z.number(), engine: text }),
  hostKeys: z.array(text).optional(),
  storeProblem: text.optional(),
  leaving: z.boolean().optional(),
}) as z.ZodType<Machine>;

const placement = z.object({
  want: z.enum(['run', 'stop', 'gone']),
  revision: count,
  kind: z.enum(['platform', 'app', 'foreign']),
  retiring: z.boolean(),
  reason: text,
}) satisfies z.ZodType<Placement>;

const applied = z.object({
  endpoints: count,
  files: count,
  refused: texts,
  busy: z.record(text, count),
}) satisfies z.ZodType<Applied>;

const app = z.object({
  id: text,
  uuid: text,
  owner: text,
  structure: z.record(text, count),
  formation: text.optional(),
  release: count,
  created: text,
  updated: text,
}) as z.ZodType<App>;

const build = z.object({
  uuid: text,
  app: text,
  owner: text,
  image: text,
  reference: text,
  sha: text,
  procfile: texts,
  dockerfile: text,
  kind: z.enum(['dockerfile', 'buildpack', 'procfile']).optional(),
  slug: text.optional(),
  log: text.optional(),
  appJson: z.record(text, z.unknown()).optional(),
  created: text,
  updated: text,
}) as z.ZodType<Build>;

const config = z.object({
  uuid: text,
  app: text,
  owner: text,
  values: text,
  memory: texts,
  cpu: z.record(text, z.number()),
  tags: texts,
  created: text,
  updated: text,
}) satisfies z.ZodType<Config>;

const release = z.object({
  uuid: text,
  app: text,
  owner: text,
  version: count,
  summary: text,
  config: text,
  build: text.nullable(),
  state: z.enum(['pending', 'live', 'superseded', 'failed']),
  created: text,
  updated: text,
}) satisfies z.ZodType<Release>;

const step = z.enum([
  'queued',
  'releasing',
  'starting',
  'applying',
  'restarting',
  'paused',
  'withdrawing',
  'reverting',
  'done',
  'reverted',
]);

const deploymentKind = z.enum(['deploy', 'scale', 'restart', 'destroy']);
const deploymentEvents = z.array(z.object({ at: text, step, reason: text }));

const deployment = z.object({
  app: text,
  id: text,
  user: text,
  kind: deploymentKind,
  from: count,
  to: count,
  structure: z.record(text, count),
  before: z.record(text, count),
  step,
  added: z.array(text),
  removed: z.array(text),
  restarts: z.record(text, count).optional(),
  policy: deployPolicy.optional(),
  releaseCommand: text.optional(),
  startSeconds: z.number().optional(),
  deadline: text,
  began: text.optional(),
  events: deploymentEvents,
  failure: text.optional(),
  previous: z.object({ id: text, step, failure: text.optional() }).optional(),
  published: count.optional(),
}) as z.ZodType<Deployment>;

const pastDeployment = z.object({
  app: text,
  id: text,
  user: text,
  kind: deploymentKind,
  from: count,
  to: count,
  step,
  events: deploymentEvents,
  failure: text.optional(),
  began: text,
  ended: text,
}) as z.ZodType<PastDeployment>;

const user = z.object({
  username: text,
  email: text,
  firstName: text,
  lastName: text,
  password: text,
  isSuperuser: z.boolean(),
  isActive: z.boolean(),
  dateJoined: text,
  lastLogin: text.nullable(),
}) satisfies z.ZodType<User>;

/** Writers, and the rows they own. To add a family: a type in model/, a row here. */
export const keys = {
  // deisctl
  settings: plainFamily('/deis/', ['component', 'setting...'], 'deisctl'),
  platformUnits: family('/deis/cluster/units/platform/', ['unit'], 'deisctl', wantedUnit),
  orders: family(
    '/deis/cluster/orders/',
    ['machine'],
    'deisctl',
    z.object({ cordon: z.boolean(), drain: z.boolean() }) satisfies z.ZodType<Orders>,
  ),
  /** One record, `wish`: writing it anew asks for another round. */
  rebalance: family(
    '/deis/cluster/rebalance/',
    ['wish'],
    'deisctl',
    z.object({ id: text, at: text }) satisfies z.ZodType<RebalanceWish>,
  ),
  /** One record, `members`: whom to ask for everything here. Written whenever the store gets or loses a member. */
  storeMembers: family('/deis/cluster/store/', ['what'], 'deisctl', storeMembers),
  formations: family('/deis/formations/', ['formation'], 'deisctl', formation),
  layers: family('/deis/layers/', ['formation', 'layer'], 'deisctl', layer),
  /** By machine-id. */
  nodes: family('/deis/nodes/', ['machine'], 'deisctl', node),
  flavors: family('/deis/flavors/', ['flavor'], 'deisctl', flavor),
  providers: family('/deis/providers/', ['provider'], 'deisctl', provider),

  // controller
  apps: family('/deis/apps/', ['app'], 'controller', app),
  builds: family('/deis/builds/', ['app', 'build'], 'controller', build),
  configs: family('/deis/configs/', ['app', 'config'], 'controller', config),
  releases: family('/deis/releases/', ['app', 'version'], 'controller', release),
  deployments: family('/deis/deployments/', ['app'], 'controller', deployment),
  /** Ids sort by time. */
  pastDeployments: family('/deis/past-deployments/', ['app', 'id'], 'controller', pastDeployment),
  /** What an app changed about its deployments: `deis policy:set`. */
  policies: family('/deis/policies/', ['app'], 'controller', policyRecord),
  appUnits: family('/deis/cluster/units/app/', ['unit'], 'controller', wantedUnit),
  users: family('/deis/users/', ['username'], 'controller', user),
  tokens: family(
    '/deis/tokens/',
    ['sha256'],
    'controller',
    z.object({ username: text, created: text }) satisfies z.ZodType<Token>,
  ),
  /** `superuser`: who registered first. Created once, so that two first visitors cannot both become it. */
  founders: family('/deis/founders/', ['role'], 'controller', z.object({ username: text })),
  perms: family(
    '/deis/perms/',
    ['app', 'username'],
    'controller',
    z.object({ since: text }) satisfies z.ZodType<Permission>,
  ),
  /** By the SHA-256 (hex) of the decoded key blob. */
  publicKeys: family('/deis/keys/', ['sha256'], 'controller', publicKey),
  /** By the domain, lower case. */
  domains: family('/deis/domains/', ['domain'], 'controller', domain),
  /** By the common name, lower case. */
  certs: family('/deis/certs/', ['name'], 'controller', certificate),
  drains: family(
    '/deis/drains/',
    ['app', 'id'],
    'controller',
    z.object({
      id: text,
      app: text,
      owner: text,
      url: text,
      created: text,
    }) satisfies z.ZodType<Drain>,
  ),
  /** What an app changed about the way to it: `deis routing:set`. */
  routing: family('/deis/routing/', ['app'], 'controller', appRouting),
  /** Ids sort by time. What belongs to no app is under `_platform`. */
  audit: family('/deis/audit/', ['app', 'id'], 'controller', auditEvent),
  /** Sealed JSON of model/registry-login.ts: what the app's images need to be read from other registries. */
  registryLogins: plainFamily('/deis/registry-logins/', ['app'], 'controller'),
  graves: family('/deis/graves/', ['app'], 'controller', grave),
  histories: family(
    '/deis/histories/',
    ['app'],
    'controller',
    z.object({
      lines: z.array(z.object({ at: text, text })),
    }) satisfies z.ZodType<History>,
  ),

  // fleet API
  foreignUnits: family('/deis/cluster/units/foreign/', ['unit'], 'fleet-api', wantedUnit),
  /** Laid over what the machine says of itself, by its agent; an empty value hides the machine's own. */
  machineMetadata: plainFamily('/deis/cluster/metadata/', ['machine', 'key'], 'fleet-api'),

  // scheduler (its leader, fenced by leaders/scheduler)
  placements: family('/deis/cluster/placements/', ['machine', 'unit'], 'scheduler', placement),
  lost: family(
    '/deis/cluster/lost/',
    ['machine'],
    'scheduler',
    z.object({ since: text, reason: text }) satisfies z.ZodType<Lost>,
  ),
  unschedulable: family(
    '/deis/cluster/unschedulable/',
    ['unit'],
    'scheduler',
    z.object({ reason: text, machines: texts }) satisfies z.ZodType<Unschedulable>,
  ),
  schedulerStatus: family(
    '/deis/cluster/status/',
    ['topic'],
    'scheduler',
    z.object({
      text,
      since: text,
      count: count.optional(),
      done: text.optional(),
    }) as z.ZodType<SchedulerStatus>,
  ),

  // agent (each machine its own keys, fenced by its alive key)
  alive: family(
    '/deis/cluster/alive/',
    ['machine'],
    'agent',
    z.object({ session: text, since: text }) satisfies z.ZodType<Alive>,
  ),
  machines: family('/deis/cluster/machines/', ['machine'], 'agent', machine),
  states: family('/deis/cluster/states/', ['machine', 'unit'], 'agent', unitState),
  /** One record, `turn`: the machine that reboots now. Its agent makes it and takes it away; so may an operator. */
  reboots: family('/deis/cluster/reboots/', ['what'], 'agent', rebootTurn),
  /** Plain `host:port`, as in Deis v1, so that confd and its templates can read it. */
  services: plainFamily('/deis/services/', ['app', 'unit'], 'agent'),

  // router (each its own keys)
  routerAlive: family(
    '/deis/router/alive/',
    ['machine'],
    'router',
    z.object({
      machine: text,
      unit: text,
      ip: text,
      session: text,
    }) satisfies z.ZodType<RouterAlive>,
  ),
  routerHosts: plainFamily('/deis/router/hosts/', ['machine'], 'router'),
  routerApplied: family('/deis/router/applied/', ['machine'], 'router', applied),

  // builder
  /** Sealed private key in OpenSSH's format; all builders show the same. */
  hostKey: plainFamily('/deis/builder/hostkey/', ['algorithm'], 'builder'),
  /** By app: what was pushed last. Written by whoever holds the lock `push/<app>`. */
  pushedRefs: family('/deis/builder/refs/', ['app'], 'builder', pushedRefs),
  /** By the app's uuid, so that a later app of the same name cannot read them. */
  buildLogs: family('/deis/builder/logs/', ['uuid', 'log'], 'builder', buildLog),

  // router (the one that leads `acme`, fenced by leaders/acme)
  /** By the SHA-256 (hex) of the authority's directory URL. */
  acmeAccounts: family('/deis/acme/accounts/', ['directory'], 'router', acmeAccount),
  acmeChallenges: family('/deis/acme/challenges/', ['token'], 'router', acmeChallenge),
  /** By the domain, lower case; `*.example.com` too. */
  acmeOrders: family('/deis/acme/orders/', ['domain'], 'router', acmeOrder),

  // registry module
  /** By component and machine-id: each component its own key. */
  identities: family(
    '/deis/cluster/identities/',
    ['component', 'machine'],
    'registry',
    z.object({
      certificate: text,
      issuer: text,
      authorities: z.array(text),
      expires: text,
    }) satisfies z.ZodType<IdentityReport>,
  ),
  /** One record, `table`: the SHA-256 (hex) of the roles in force (roles.ts). Written by whoever brought them, after them. */
  storeRoles: plainFamily('/deis/cluster/roles/', ['what'], 'registry'),
  leaders: plainFamily('/deis/cluster/leaders/', ['role'], 'registry'),
  locks: plainFamily('/deis/cluster/locks/', ['name...'], 'registry'),
} as const;

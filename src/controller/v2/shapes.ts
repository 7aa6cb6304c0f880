// What /v2 answers: schemas of the records it shows, and how they are filled. Dates are ISO 8601 in UTC.

import { z } from 'zod';
import type { App, Release } from '../../model/app.ts';
import type { AuditEvent } from '../../model/audit.ts';
import { DEFAULT_FORMATION } from '../../model/formation.ts';
import { type Deployment, type PastDeployment, isFinished } from '../../model/rollout.ts';
import type { Container } from '../app/containers.ts';

const text = z.string();
const count = z.int().nonnegative();
const date = z.iso.datetime();
const structure = z.record(text, count).describe('Wanted containers per process type.');

export const appV2 = z.object({
  id: text,
  uuid: text,
  owner: text,
  url: text.describe('Host name, without a scheme.'),
  formation: text.describe('Where it runs and is routed.'),
  structure,
  sshPort: count.describe('Port of the platform that `git push` goes to.'),
  release: count.describe('The release that is live.'),
  created: date,
  updated: date,
});

/** How the platform is reached. */
export interface Doors {
  domain: string;
  sshPort: number;
}

export function showApp(app: App, { domain, sshPort }: Doors): z.infer<typeof appV2> {
  const { id, uuid, owner, structure: wanted, release, created, updated } = app;
  const url = `${id}.${domain}`;
  const formation = app.formation ?? DEFAULT_FORMATION;
  return { id, uuid, owner, url, formation, structure: wanted, sshPort, release, created, updated };
}

export const releaseV2 = z.object({
  version: count,
  uuid: text,
  state: z.enum(['pending', 'live', 'superseded', 'failed']),
  summary: text,
  owner: text,
  config: text.describe('Its uuid.'),
  build: text.nullable().describe('Its uuid; null: nothing to run.'),
  created: date,
  updated: date,
});

export function showRelease(release: Release): z.infer<typeof releaseV2> {
  const { version, uuid, state, summary, owner, config, build, created, updated } = release;
  return { version, uuid, state, summary, owner, config, build, created, updated };
}

export const deploymentV2 = z.object({
  id: text,
  kind: z.enum(['deploy', 'scale', 'restart', 'destroy']),
  user: text,
  from: count.describe('Release before.'),
  to: count.describe('Release after.'),
  structure,
  step: z
    .enum([
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
    ])
    .describe(
      'It ends in `done`, the new side everywhere, or `reverted`, the old side everywhere.',
    ),
  finished: z.boolean(),
  added: z.array(text).describe('Containers that it starts.'),
  removed: z.array(text).describe('Containers that it takes away.'),
  deadline: date,
  events: z.array(z.object({ at: date, step: text, reason: text })),
  failure: text.optional().describe('Why it was reverted.'),
});

export function showDeployment(deployment: Deployment): z.infer<typeof deploymentV2> {
  const { id, kind, user, from, to, step, deadline, events, failure } = deployment;
  return {
    id,
    kind,
    user,
    from,
    to,
    structure: deployment.structure,
    step,
    finished: isFinished(deployment),
    added: deployment.added.map(bare),
    removed: deployment.removed.map(bare),
    deadline,
    events,
    ...(failure === undefined ? {} : { failure }),
  };
}

export const pastDeploymentV2 = z.object({
  id: text,
  kind: z.enum(['deploy', 'scale', 'restart', 'destroy']),
  user: text,
  from: count,
  to: count,
  step: z.enum(['done', 'reverted']),
  began: date,
  ended: date,
  reason: text.describe('Of its end.'),
  failure: text.optional(),
  events: z.array(z.object({ at: date, step: text, reason: text })),
});

export function showPast(past: PastDeployment): z.infer<typeof pastDeploymentV2> {
  const { id, kind, user, from, to, step, began, ended, failure, events } = past;
  return {
    id,
    kind,
    user,
    from,
    to,
    step: step === 'done' ? 'done' : 'reverted',
    began,
    ended,
    reason: events.at(-1)?.reason ?? '',
    ...(failure === undefined ? {} : { failure }),
    events,
  };
}

const bare = (unit: string): string => unit.replace(/\.service$/, '');

export const containerV2 = z.object({
  name: text.describe('Also its unit and its container: `blog_v3.web.1`.'),
  uuid: text,
  release: count,
  type: text,
  num: count,
  state: z.enum(['initialized', 'created', 'up', 'down', 'destroyed', 'crashed', 'error']),
  created: date,
  machine: text.optional(),
  phase: text.optional().describe('As its machine sees it.'),
  health: z.enum(['none', 'unknown', 'healthy', 'unhealthy']).optional(),
  crashes: count.optional(),
  exitCode: z.int().optional(),
  message: text.optional().describe('Its last problem.'),
});

export function showContainer(container: Container): z.infer<typeof containerV2> {
  const { name, uuid, release, type, num, state, created, report } = container;
  const { machine, phase, health, crashes, exitCode, message } = report ?? {};
  return {
    name,
    uuid,
    release,
    type,
    num,
    state,
    created: new Date(created).toISOString(),
    ...(machine === undefined ? {} : { machine, phase, health, crashes }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(message === undefined ? {} : { message }),
  };
}

export const configV2 = z.object({
  uuid: text,
  release: count,
  values: z.record(text, text),
  memory: z.record(text, text).describe('Per process type: `512M`.'),
  cpu: z.record(text, count).describe('Per process type: shares from 0 to 1024.'),
  tags: z.record(text, text).describe('What the metadata of a machine must say.'),
});

export const auditV2 = z.object({
  at: date,
  user: text,
  action: text,
  text,
  release: count.optional(),
  request: text.optional().describe('Deis-Request-Id of the request.'),
});

export function showAudit(event: AuditEvent): z.infer<typeof auditV2> {
  const { at, user, action, text: sentence, release, request } = event;
  return {
    at,
    user,
    action,
    text: sentence,
    ...(release === undefined ? {} : { release }),
    ...(request === undefined ? {} : { request }),
  };
}

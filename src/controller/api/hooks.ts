// What the builder asks during a push (reference §1.17). It shows the builder key instead of a user's token.

import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Build } from '../../model/app.ts';
import { builderKey } from '../../registry/builder-key.ts';
import { keys } from '../../registry/keys.ts';
import { appDomain } from '../app/app-domain.ts';
import { audited } from '../app/trail.ts';
import { type Answer, type AppCall, type Call, created, ok } from '../call.ts';
import { type Route, open, withApp, withUser } from '../route.ts';
import { isoNow } from '../services.ts';
import { type Body, bodyObject, requiredText } from '../wire/body.ts';
import { wireDate } from '../wire/dates.ts';
import { badField, forbidden, notFound } from '../wire/errors.ts';
import { deployBuild } from './builds.ts';
import { showConfig } from './config.ts';

export const hookRoutes: readonly Route[] = [
  hook('/hooks/push', push),
  /** Answers when the build is live: that may take minutes. */
  hook('/hooks/build', build),
  hook('/hooks/config', showConfig),
];

const PUSH_FIELDS = [
  'sha',
  'fingerprint',
  'receive_user',
  'receive_repo',
  'ssh_connection',
  'ssh_original_command',
] as const;
const LONGEST_SHA = 40;
const LONGEST_FIELD = 255;

/** Beyond v1: what only our builder says of a build. */
const madeByBuilder = z.object({
  kind: z.enum(['dockerfile', 'buildpack', 'procfile']).optional(),
  slug: z.string().max(200).optional(),
  log: z.string().max(200).optional(),
  appJson: z.record(z.string(), z.unknown()).optional(),
});

function hook(path: string, handle: (call: AppCall) => Promise<Answer>): Route {
  return open('POST', path, async (call) => {
    await mustBeBuilder(call);
    return handle(await onBehalf(call));
  });
}

/** Without a valid token of a user 401, with one 403, as Deis v1 had it. */
async function mustBeBuilder(call: Call): Promise<void> {
  const shown = call.header('x-deis-builder-auth') ?? '';
  const key = await builderKey(call.services.registry, call.signal);
  if (timingSafeEqual(digest(shown), digest(key))) return;
  await withUser(call);
  throw forbidden();
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** As if the user who pushes had called it. */
async function onBehalf(call: Call): Promise<AppCall> {
  const body = bodyObject(call.body);
  const username = requiredText(body, 'receive_user');
  const id = requiredText(body, 'receive_repo').replace(/\.git$/, '');
  const user = await call.services.registry.get(keys.users, [username], call.signal);
  if (!user) throw notFound();
  const appCall = await withApp({ ...call, user, params: { id } });
  if (appCall.role === 'stranger' || !user.value.isActive) throw forbidden();
  return appCall;
}

/** A push may begin. Deis v1 kept it as a row of its own; here it is an event of the app's trail. */
async function push(call: AppCall): Promise<Answer> {
  const { services, app, user, signal } = call;
  const body = bodyObject(call.body);
  const fields = Object.fromEntries(PUSH_FIELDS.map((field) => [field, pushField(body, field)]));
  const text = `${user.value.username} pushed ${fields['sha']} with key ${fields['fingerprint']}`;
  await services.registry.commit([], [audited(call, app.value.id, 'push', text)], signal);
  const at = wireDate(isoNow(services.clock));
  return created({
    uuid: randomUUID(),
    owner: user.value.username,
    app: app.value.id,
    ...fields,
    created: at,
    updated: at,
  });
}

function pushField(body: Body, field: (typeof PUSH_FIELDS)[number]): string {
  const text = requiredText(body, field);
  const longest = field === 'sha' ? LONGEST_SHA : LONGEST_FIELD;
  if (text.length <= longest) return text;
  throw badField(field, `Ensure this field has no more than ${longest} characters.`);
}

async function build(call: AppCall): Promise<Answer> {
  const { services, app, signal } = call;
  const body = bodyObject(call.body);
  const made = madeByBuilder.safeParse(body);
  if (!made.success) {
    const { path, message } = made.error.issues[0]!;
    throw badField(path.join('.'), message);
  }
  const { version } = await deployBuild(
    call,
    { ...body, image: taggedImage(body) },
    made.data as Pick<Build, 'kind' | 'slug' | 'log' | 'appJson'>,
  );
  const domain = await appDomain(services.registry, app.value, signal);
  return ok({ release: { version }, domains: [`${app.value.id}.${domain}`] });
}

/** The builder of v1 named only the repository; its tag followed from the commit (reference §1.16). */
function taggedImage(body: Body): string {
  const image = requiredText(body, 'image');
  const sha = typeof body['sha'] === 'string' ? body['sha'].slice(0, 8) : '';
  const bare = !image.slice(image.lastIndexOf('/') + 1).includes(':') && !image.includes('@');
  return bare && sha !== '' ? `${image}:git-${sha}` : image;
}

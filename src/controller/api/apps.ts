// Apps: made, listed, given away, destroyed (reference §1.7).

import { randomInt, randomUUID } from 'node:crypto';
import type { App, Config, Release } from '../../model/app.ts';
import { PLATFORM_TRAIL } from '../../model/audit.ts';
import { DEFAULT_FORMATION, type Formation } from '../../model/formation.ts';
import { keys } from '../../registry/keys.ts';
import { absent, type Held, put, stillCreatedAt, unchanged } from '../../registry/registry.ts';
import { destroyApp } from '../app/change.ts';
import { appDomain, appDomains } from '../app/app-domain.ts';
import { remember } from '../app/history.ts';
import { sealValues } from '../app/secret-values.ts';
import { audited } from '../app/trail.ts';
import { platformSetting } from '../app/settings-of-platform.ts';
import { type Answer, type AppCall, type UserCall, created, noContent, ok } from '../call.ts';
import { type Route, onApp, signedIn } from '../route.ts';
import { mayManage } from '../rules/access.ts';
import { appIdProblem, inventAppId } from '../rules/app-id.ts';
import { initialSummary } from '../rules/summary.ts';
import { isoNow } from '../services.ts';
import { visibleApps } from '../visible-apps.ts';
import { bodyObject, optionalText, requiredText } from '../wire/body.ts';
import { badField, detail, forbidden, notFound } from '../wire/errors.ts';
import { page } from '../wire/page.ts';
import { appShape } from './shapes.ts';

export const appRoutes: readonly Route[] = [
  signedIn('GET', '/apps', list),
  signedIn('POST', '/apps', create),
  onApp('GET', '/apps/:id', async ({ services, app, signal }) =>
    ok(appShape(app.value, await appDomain(services.registry, app.value, signal))),
  ),
  onApp('POST', '/apps/:id', transfer),
  onApp('DELETE', '/apps/:id', destroy),
];

const INVENTED_NAMES = 10;

async function list(call: UserCall): Promise<Answer> {
  const [apps, domainOf] = await Promise.all([
    visibleApps(call),
    appDomains(call.services.registry, call.signal),
  ]);
  return ok(
    page(
      apps.map((app) => appShape(app, domainOf(app))),
      call.url,
    ),
  );
}

/** The app's own trail goes with it: that it went is told in the platform's. */
async function destroy(call: AppCall): Promise<Answer> {
  const { services, app, user, signal } = call;
  const { id, owner } = app.value;
  const { username } = user.value;
  await destroyApp(services, id, username, signal);
  const text = `${username} destroyed ${id} of ${owner}`;
  await services.registry.commit([], [audited(call, PLATFORM_TRAIL, 'apps:destroy', text)], signal);
  services.log.info('app destroyed', { app: id, by: username });
  return noContent();
}

async function create(call: UserCall): Promise<Answer> {
  const { services, signal } = call;
  const subdomain = await platformSetting(services.registry, 'controller/subdomain', signal);
  const asked = optionalText(bodyObject(call.body), 'id');
  const formation = await askedFormation(call);
  const problem = asked === undefined ? undefined : appIdProblem(asked, subdomain);
  if (problem !== undefined) throw badField('id', problem);
  for (let attempt = 0; attempt < INVENTED_NAMES; attempt += 1) {
    const id = asked ?? inventAppId(randomInt);
    const app = await createNamed(call, id, formation);
    if (app) {
      const domain = await appDomain(services.registry, app, signal);
      services.log.info('app created', { app: id, user: app.owner });
      return created(appShape(app, domain));
    }
    if (asked !== undefined) throw badField('id', 'This field must be unique.');
  }
  throw detail(409, 'No free name was found. Choose one yourself.');
}

/** The formation that was asked for; undefined: the default one. */
async function askedFormation({
  services,
  body,
  signal,
}: UserCall): Promise<Held<Formation> | undefined> {
  const asked = optionalText(bodyObject(body), 'formation');
  if (asked === undefined || asked === DEFAULT_FORMATION) return undefined;
  const known = await services.registry.get(keys.formations, [asked], signal);
  if (!known) throw badField('formation', `There is no formation called ${asked}.`);
  return known;
}

/** The app with its first, empty config and its release v1; undefined when the id is taken. */
async function createNamed(
  call: UserCall,
  id: string,
  formation: Held<Formation> | undefined,
): Promise<App | undefined> {
  const { services, user, signal } = call;
  const { registry, vault, clock } = services;
  const at = isoNow(clock);
  const owner = user.value.username;
  const common = { owner, created: at, updated: at };
  const app: App = {
    ...common,
    id,
    uuid: randomUUID(),
    structure: {},
    release: 1,
    ...(formation && { formation: formation.value.id }),
  };
  const config: Config = {
    ...common,
    app: id,
    ...emptyConfig((uuid) => sealValues(vault, id, uuid, {})),
  };
  const release: Release = {
    ...common,
    uuid: randomUUID(),
    app: id,
    version: 1,
    summary: initialSummary(owner),
    config: config.uuid,
    build: null,
    state: 'live',
  };
  const history = remember(id, undefined, at, [release.summary]);
  const committed = await registry.commit(
    [
      absent(keys.apps, [id]),
      stillCreatedAt(keys.users, [owner], user.createRevision),
      ...(formation
        ? [stillCreatedAt(keys.formations, formation.ids, formation.createRevision)]
        : []),
      ...history.conditions,
    ],
    [
      put(keys.apps, [id], app),
      put(keys.configs, [id, config.uuid], config),
      put(keys.releases, [id, '1'], release),
      ...history.writes,
      audited(call, id, 'apps:create', release.summary, 1),
    ],
    signal,
  );
  if (committed.applied) return app;
  // Our own write whose answer was lost.
  const present = await registry.get(keys.apps, [id], signal);
  if (present?.value.uuid === app.uuid) return app;
  // Its formation may just have been destroyed: then that is what is said.
  await askedFormation(call);
  return undefined;
}

function emptyConfig(
  seal: (uuid: string) => string,
): Pick<Config, 'uuid' | 'values' | 'memory' | 'cpu' | 'tags'> {
  const uuid = randomUUID();
  return { uuid, values: seal(uuid), memory: {}, cpu: {}, tags: {} };
}

async function transfer(call: AppCall): Promise<Answer> {
  const { services, app, role, body, user, signal } = call;
  if (!mayManage(role)) throw forbidden();
  const { registry, clock, log } = services;
  const owner = requiredText(bodyObject(body), 'owner');
  const next = await registry.get(keys.users, [owner], signal);
  if (!next) throw notFound();
  const { id } = app.value;
  const committed = await registry.commit(
    [
      unchanged(keys.apps, [id], app.modRevision),
      stillCreatedAt(keys.users, [owner], next.createRevision),
    ],
    [
      put(keys.apps, [id], { ...app.value, owner, updated: isoNow(clock) }),
      audited(call, id, 'apps:transfer', `${user.value.username} gave ${id} to ${owner}`),
    ],
    signal,
  );
  if (!committed.applied) throw detail(409, `${id} was changed by somebody else. Try again.`);
  log.info('app transferred', { app: id, owner, by: user.value.username });
  return { status: 200 };
}

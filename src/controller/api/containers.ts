// What runs of an app: listed, scaled, restarted (reference §1.12).

import type { Build, Release } from '../../model/app.ts';
import { type Change, changeApp } from '../app/change.ts';
import { containersOf } from '../app/containers.ts';
import { readBuild, readConfig } from '../app/release.ts';
import { openSettings } from '../app/secret-values.ts';
import { audited } from '../app/trail.ts';
import { type AppSnapshot, liveRelease, readApp } from '../app/snapshot.ts';
import { type Answer, type AppCall, noContent, ok } from '../call.ts';
import { restartSides, scaleSides } from '../deployment/sides.ts';
import { type Route, onApp, triable } from '../route.ts';
import { longestDelay } from '../rules/health-check.ts';
import { parseScale, type Structure } from '../rules/scale.ts';
import { scaleSummary } from '../rules/summary.ts';
import type { Services } from '../services.ts';
import { bodyObject } from '../wire/body.ts';
import { wireDate } from '../wire/dates.ts';
import { detail, notFound } from '../wire/errors.ts';
import { page } from '../wire/page.ts';

export const containerRoutes: readonly Route[] = [
  onApp('GET', '/apps/:id/containers', list),
  onApp('GET', '/apps/:id/containers/:type', list),
  onApp('GET', '/apps/:id/containers/:type/:num', async (call) => {
    const [only] = await shapes(call, selection(call));
    if (!only) throw notFound();
    return ok(only);
  }),
  triable(onApp('POST', '/apps/:id/containers/restart', restart)),
  triable(onApp('POST', '/apps/:id/containers/:type/restart', restart)),
  triable(onApp('POST', '/apps/:id/containers/:type/:num/restart', restart)),
  triable(onApp('POST', '/apps/:id/scale', scale)),
];

interface Selection {
  type?: string;
  num?: number;
}

async function list(call: AppCall): Promise<Answer> {
  return ok(page(await shapes(call, selection(call)), call.url));
}

async function scale(call: AppCall): Promise<Answer> {
  const { services, app, user, body, signal } = call;
  const { id } = app.value;
  const { username } = user.value;
  const decide = async (snapshot: AppSnapshot): Promise<Change> => {
    const live = liveRelease(snapshot);
    const build = await readBuild(services.registry, live, signal);
    const parsed = parseScale(bodyObject(body), build);
    if ('problem' in parsed) throw detail(400, parsed.problem);
    const { wanted } = parsed;
    const units = snapshot.units.map((unit) => unit.value);
    const summary = scaleSummary(username, wanted);
    return {
      kind: 'scale',
      structure: { ...snapshot.app.value.structure, ...wanted },
      writes: [audited(call, id, 'ps:scale', summary)],
      lines: [summary],
      initialDelay: await delayOf(services, live, build, wanted, signal),
      ...scaleSides(id, live.version, wanted, units),
    };
  };
  await changeApp(services, id, username, decide, signal);
  return noContent();
}

/** One after the other, each waited for; answers the bare list of what was restarted, not an envelope. */
async function restart(call: AppCall): Promise<Answer> {
  const { services, app, user, signal } = call;
  const which = selection(call);
  const { id } = app.value;
  const decide = async (snapshot: AppSnapshot): Promise<Change> => {
    const live = liveRelease(snapshot);
    const build = await readBuild(services.registry, live, signal);
    const { structure } = snapshot.app.value;
    const units = snapshot.units.map((unit) => unit.value);
    const sides = restartSides(id, live.version, units, which);
    const none = Object.keys(sides.restarts ?? {}).length === 0;
    if (none && which.num !== undefined) throw notFound();
    const what = [which.type ?? 'all', which.num].filter((part) => part !== undefined).join('.');
    return {
      kind: 'restart',
      structure,
      writes: [audited(call, id, 'ps:restart', `${user.value.username} restarted ${what}`)],
      lines: [],
      initialDelay: await delayOf(services, live, build, structure, signal),
      ...sides,
    };
  };
  await changeApp(services, id, user.value.username, decide, signal);
  return ok(await shapes(call, which));
}

async function delayOf(
  { registry, vault }: Services,
  live: Release,
  build: Build | undefined,
  structure: Structure,
  signal: AbortSignal,
): Promise<number> {
  const { values } = openSettings(vault, await readConfig(registry, live, signal));
  return longestDelay(values, build, structure);
}

function selection({ params }: AppCall): Selection {
  const { type, num } = params;
  if (num !== undefined && !/^[0-9]{1,9}$/.test(num)) throw notFound();
  return {
    ...(type === undefined ? {} : { type }),
    ...(num === undefined ? {} : { num: Number(num) }),
  };
}

async function shapes({ services, app, signal }: AppCall, which: Selection): Promise<object[]> {
  const snapshot = await readApp(services.registry, app.value.id, signal);
  if (!snapshot) throw notFound();
  return containersOf(snapshot, services.world)
    .filter(({ type, num }) => (which.type ?? type) === type && (which.num ?? num) === num)
    .map(({ release, type, num, state, created, uuid }) => ({
      owner: app.value.owner,
      app: app.value.id,
      release: `v${release}`,
      type,
      num,
      state,
      created: wireDate(created),
      updated: wireDate(created),
      uuid,
    }));
}

// Domains of an app (reference §1.9). Each change is told in the app's history, which is also what a destroyed app's end waits for.

import type { Domain } from '../../model/domain.ts';
import { keys } from '../../registry/keys.ts';
import { type Held, absent, put, remove, unchanged } from '../../registry/registry.ts';
import { commitTold } from '../app/history.ts';
import { allDomains } from '../app/app-domain.ts';
import { audited } from '../app/trail.ts';
import { type Answer, type AppCall, created, noContent, ok } from '../call.ts';
import { type Route, onApp } from '../route.ts';
import { readDomain } from '../rules/domain.ts';
import { isoNow } from '../services.ts';
import { bodyObject, requiredText } from '../wire/body.ts';
import { badField, notFound } from '../wire/errors.ts';
import { page } from '../wire/page.ts';
import { domainShape, shownName } from './shapes.ts';

export const domainRoutes: readonly Route[] = [
  onApp('GET', '/apps/:id/domains', async ({ services, app, url, signal }) => {
    const all = await services.registry.list(keys.domains, [], signal);
    const own = all.items
      .filter(({ value }) => value.app === app.value.id)
      .sort((a, b) => a.createRevision - b.createRevision);
    return ok(
      page(
        own.map(({ value }) => domainShape(value)),
        url,
      ),
    );
  }),
  onApp('POST', '/apps/:id/domains', add),
  onApp('DELETE', '/apps/:id/domains/:domain', takeAway),
];

async function add(call: AppCall): Promise<Answer> {
  const { services, app, user, signal } = call;
  const asked = requiredText(bodyObject(call.body), 'domain');
  const { registry, clock } = services;
  const read = readDomain(asked, await allDomains(registry, signal));
  if ('problem' in read) throw badField('domain', read.problem);
  const { domain } = read;
  const at = isoNow(clock);
  const { id } = app.value;
  const value: Domain = {
    domain,
    ...(asked === domain ? {} : { spelled: asked.replace(/\.$/, '') }),
    app: id,
    owner: user.value.username,
    created: at,
    updated: at,
  };
  const present = await registry.get(keys.domains, [domain], signal);
  if (present) throw taken(asked, present.value);
  const text = `domain ${shownName(value)} added`;
  const done = await commitTold(call, text, {
    conditions: [absent(keys.domains, [domain])],
    writes: [put(keys.domains, [domain], value), audited(call, id, 'domains:add', text)],
  });
  if (!done) {
    const other = await registry.get(keys.domains, [domain], signal);
    if (!other) throw notFound();
    throw taken(asked, other.value);
  }
  return created(domainShape(value));
}

/** The words of v1: one for the very same text, one for the same host spelled differently. */
function taken(asked: string, present: Domain): Error {
  return asked === shownName(present)
    ? badField('domain', 'This field must be unique.')
    : badField('domain', `The domain ${present.domain} is already in use by another app`);
}

async function takeAway(call: AppCall): Promise<Answer> {
  const { services, app, params, signal } = call;
  const domain = (params['domain'] ?? '').replace(/\.$/, '').toLowerCase();
  const present: Held<Domain> | undefined =
    domain === '' ? undefined : await services.registry.get(keys.domains, [domain], signal);
  if (present?.value.app !== app.value.id) throw notFound();
  const text = `domain ${shownName(present.value)} removed`;
  const done = await commitTold(call, text, {
    conditions: [unchanged(keys.domains, [domain], present.modRevision)],
    writes: [remove(keys.domains, [domain]), audited(call, app.value.id, 'domains:remove', text)],
  });
  if (!done) throw notFound();
  return noContent();
}

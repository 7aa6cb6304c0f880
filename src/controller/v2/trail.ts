// Who changed what, and when: of an app for whoever may use it, of the platform for superusers.

import type { Answer, Call } from '../call.ts';
import { ok } from '../call.ts';
import { PLATFORM_TRAIL } from '../../model/audit.ts';
import { keys } from '../../registry/keys.ts';
import type { Route } from '../route.ts';
import { page } from '../wire/page.ts';
import { pageOf, pageQuery } from './page.ts';
import { v2 } from './route.ts';
import { auditV2, showAudit } from './shapes.ts';

export const trailRoutes: readonly Route[] = [
  v2.onApp({
    method: 'GET',
    path: '/apps/:id/trail',
    summary: 'Changes of the app, newest first.',
    query: pageQuery,
    answer: pageOf(auditV2),
    handle: (call) => trailOf(call, call.app.value.id),
  }),
  v2.admin({
    method: 'GET',
    path: '/trail',
    summary: 'Changes of what belongs to no app: users, keys, certificates, destroyed apps.',
    query: pageQuery,
    answer: pageOf(auditV2),
    handle: (call) => trailOf(call, PLATFORM_TRAIL),
  }),
];

async function trailOf(
  { services, url, signal }: Pick<Call, 'services' | 'url' | 'signal'>,
  app: string,
): Promise<Answer> {
  const { items } = await services.registry.list(keys.audit, [app], signal);
  return ok(page(items.map(({ value }) => showAudit(value)).toReversed(), url));
}

// THE table of routes: every path of the API, by topic. To add a topic: a file in api/ and a row here.

import { z } from 'zod';
import { appRoutes } from './api/apps.ts';
import { authRoutes } from './api/auth.ts';
import { buildRoutes } from './api/builds.ts';
import { certRoutes } from './api/certs.ts';
import { configRoutes } from './api/config.ts';
import { containerRoutes } from './api/containers.ts';
import { domainRoutes } from './api/domains.ts';
import { hookRoutes } from './api/hooks.ts';
import { keyRoutes } from './api/keys.ts';
import { deploymentRoutes } from './api/deployments.ts';
import { drainRoutes } from './api/drains.ts';
import { logRoutes, logStreamRoutes } from './api/logs.ts';
import { permRoutes } from './api/perms.ts';
import { policyRoutes } from './api/policy.ts';
import { registryLoginRoutes } from './api/registry-logins.ts';
import { routingRoutes } from './api/routing.ts';
import { releaseRoutes } from './api/releases.ts';
import { runRoutes } from './api/run.ts';
import { userRoutes } from './api/users.ts';
import { ok } from './call.ts';
import { type Route, signedIn } from './route.ts';
import { appRoutesV2 } from './v2/apps.ts';
import { buildRoutesV2 } from './v2/builds.ts';
import { eventRoutes } from './v2/events.ts';
import { openApi } from './v2/openapi.ts';
import { v2 } from './v2/route.ts';
import { trailRoutes } from './v2/trail.ts';

const V1: readonly Route[] = [
  /** Clients ask here, without a token, whether this is a Deis controller: the answer must be 401. */
  signedIn('GET', '', () => Promise.resolve(ok({}))),
  ...authRoutes,
  ...userRoutes,
  ...keyRoutes,
  ...certRoutes,
  ...appRoutes,
  ...permRoutes,
  ...domainRoutes,
  ...configRoutes,
  ...containerRoutes,
  ...buildRoutes,
  ...releaseRoutes,
  ...logRoutes,
  ...runRoutes,
  ...hookRoutes,
];

/** Beyond v1, additive only: each row documents itself (see README). */
const V2: readonly Route[] = [
  v2.open({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document.',
    answer: z.record(z.string(), z.unknown()),
    handle: () => Promise.resolve(ok(openApi(V2))),
  }),
  ...registryLoginRoutes,
  ...routingRoutes,
  ...appRoutesV2,
  ...buildRoutesV2,
  ...trailRoutes,
  ...eventRoutes,
  ...logStreamRoutes,
  ...drainRoutes,
  ...deploymentRoutes,
  ...policyRoutes,
];

export const ROUTES: readonly Route[] = [...V1, ...V2];

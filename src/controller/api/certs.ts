// Certificates of whoever asks, one per name (reference §1.10). The key is sealed before it reaches the store.

import { covers } from '../../adapters/x509.ts';
import { PLATFORM_TRAIL } from '../../model/audit.ts';
import type { Certificate } from '../../model/domain.ts';
import { keys } from '../../registry/keys.ts';
import {
  type Held,
  absent,
  put,
  remove,
  stillCreatedAt,
  unchanged,
} from '../../registry/registry.ts';
import { platformSetting } from '../app/settings-of-platform.ts';
import { audited } from '../app/trail.ts';
import { type Answer, type UserCall, created, noContent, ok } from '../call.ts';
import { type Route, signedIn } from '../route.ts';
import { checkCertificate } from '../rules/certificate.ts';
import { foreignName } from '../rules/claim.ts';
import { isoNow } from '../services.ts';
import { visibleApps } from '../visible-apps.ts';
import { bodyObject, optionalText, requiredText } from '../wire/body.ts';
import { badField, notFound, unauthenticated } from '../wire/errors.ts';
import { page } from '../wire/page.ts';
import { certShape } from './shapes.ts';

export const certRoutes: readonly Route[] = [
  signedIn('GET', '/certs', async ({ services, user, url, signal }) => {
    const all = await services.registry.list(keys.certs, [], signal);
    const own = all.items
      .filter(({ value }) => value.owner === user.value.username)
      .sort((a, b) => a.createRevision - b.createRevision);
    return ok(page(own.map(certShape), url));
  }),
  signedIn('POST', '/certs', add),
  signedIn('GET', '/certs/:name', async (call) => ok(certShape(await named(call)))),
  signedIn('DELETE', '/certs/:name', takeAway),
];

const LONGEST_PEM = 64 * 1024;

async function add(call: UserCall): Promise<Answer> {
  const { services, user, signal } = call;
  const { registry, vault, clock, log } = services;
  const body = bodyObject(call.body);
  const pem = pemField(body, 'certificate');
  const key = pemField(body, 'key');
  const asked = optionalText(body, 'common_name')?.toLowerCase();
  if (asked?.includes('*')) {
    throw badField('common_name', 'Wildcard certificates are not supported');
  }
  const checked = checkCertificate(pem, key, new Date(clock.now()));
  if ('problem' in checked) throw badField('certificate', inWordsOfV1(checked.problem));
  const { facts } = checked;
  const commonName = asked ?? facts.commonName;
  if (!facts.names.includes(commonName) && !covers(facts.names, commonName)) {
    const names = facts.names.join(', ').slice(0, 500);
    throw badField(
      'common_name',
      `The certificate is not valid for ${commonName}: it names ${names}`,
    );
  }
  await mustBeOwn(call, [commonName, ...facts.names]);
  const { username } = user.value;
  const at = isoNow(clock);
  const value: Certificate = {
    commonName,
    owner: username,
    certificate: facts.pem,
    key: vault.seal(key, keys.certs.key(commonName)),
    sans: facts.names,
    expires: facts.expires,
    fingerprint: facts.fingerprint,
    created: at,
    updated: at,
  };
  const text = `${username} added the certificate for ${commonName} (${facts.fingerprint})`;
  const committed = await registry.commit(
    [absent(keys.certs, [commonName]), stillCreatedAt(keys.users, [username], user.createRevision)],
    [put(keys.certs, [commonName], value), audited(call, PLATFORM_TRAIL, 'certs:add', text)],
    signal,
  );
  if (!committed.applied) {
    if (!(await registry.get(keys.certs, [commonName], signal)))
      throw unauthenticated('User inactive or deleted');
    throw badField('common_name', 'This field must be unique.');
  }
  log.info('certificate added', { user: username, name: commonName, expires: facts.expires });
  const { revision } = committed;
  return created(certShape({ ids: [], value, createRevision: revision, modRevision: revision }));
}

function pemField(body: Record<string, unknown>, field: string): string {
  const text = requiredText(body, field);
  if (text.length > LONGEST_PEM) throw badField(field, 'Longer than 64 KB.');
  return text;
}

function inWordsOfV1(problem: string): string {
  return problem.replace(/^The certificate is not usable: /, 'Could not load certificate: ');
}

/** v1 let anybody claim any name. */
async function mustBeOwn(call: UserCall, names: readonly string[]): Promise<void> {
  const { services, user, signal } = call;
  if (user.value.isSuperuser) return;
  const { registry } = services;
  const [domains, apps, platformDomain] = await Promise.all([
    registry.list(keys.domains, [], signal),
    visibleApps(call),
    platformSetting(registry, 'platform/domain', signal),
  ]);
  const ownApps = new Set(apps.map(({ id }) => id));
  const foreignDomains = domains.items
    .filter(({ value }) => !ownApps.has(value.app))
    .map(({ value }) => value.domain);
  const foreign = foreignName(names, { foreignDomains, ownApps, platformDomain });
  if (foreign === undefined) return;
  throw badField('common_name', `${foreign} belongs to an app of somebody else`);
}

async function takeAway(call: UserCall): Promise<Answer> {
  const { services, user, signal } = call;
  const { value, modRevision } = await named(call);
  const { commonName } = value;
  const { username } = user.value;
  const text = `${username} removed the certificate for ${commonName} (${value.fingerprint})`;
  const committed = await services.registry.commit(
    [unchanged(keys.certs, [commonName], modRevision)],
    [remove(keys.certs, [commonName]), audited(call, PLATFORM_TRAIL, 'certs:remove', text)],
    signal,
  );
  if (!committed.applied) throw notFound();
  services.log.info('certificate removed', { user: username, name: commonName });
  return noContent();
}

/** Own ones only, for superusers too. */
async function named({ services, user, params, signal }: UserCall): Promise<Held<Certificate>> {
  const name = (params['name'] ?? '').toLowerCase();
  if (!/^[-_*.\w]+$/.test(name)) throw notFound();
  const found = await services.registry.get(keys.certs, [name], signal);
  if (found?.value.owner !== user.value.username) throw notFound();
  return found;
}

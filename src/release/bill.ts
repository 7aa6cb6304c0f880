// What is in a release, as CycloneDX 1.5: the npm packages that the bundles are made from, as the lock file has them, and Debian's
// packages in images and beside them. The same release gives the same bytes. Pure.

import { createHash } from 'node:crypto';

/** An entry of `packages` in package-lock.json. */
interface LockedPackage {
  /** Where the name is another one than that of its folder. */
  name?: string;
  version?: string;
  /** An SPDX expression; some old packages have something else. */
  license?: unknown;
  integrity?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}
export interface Lock {
  packages: Record<string, LockedPackage>;
}

/** A package of Debian: `etcd-server`, `3.4.23+dfsg-4`, `amd64`. */
export interface SystemPackage {
  name: string;
  version: string;
  architecture: string;
}

interface Component {
  'bom-ref': string;
  type: 'library' | 'application';
  name: string;
  version: string;
  purl: string;
  scope?: 'required' | 'optional';
  hashes?: { alg: string; content: string }[];
  licenses?: ({ expression: string } | { license: { name: string } })[];
}

/** `seconds`: when the release is said to have been made, since 1970. */
export function billOfMaterials(
  release: { name: string; version: string; seconds: number },
  lock: Lock,
  systems: readonly SystemPackage[],
): object {
  const npm = closure(lock);
  const components = [...npm.components.values(), ...systems.map(systemComponent)];
  const unique = [...new Map(components.map((one) => [one['bom-ref'], one])).values()].toSorted(
    (a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1),
  );
  const self = `pkg:npm/${release.name}@${release.version}`;
  const dependencies = [...npm.edges, [self, npm.roots] as const].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: new Date(release.seconds * 1000).toISOString(),
      component: {
        'bom-ref': self,
        type: 'application',
        name: release.name,
        version: release.version,
        purl: self,
      },
    },
    components: unique,
    dependencies: dependencies.map(([ref, dependsOn]) => ({
      ref,
      dependsOn: [...new Set(dependsOn)].toSorted(),
    })),
  };
  return { ...bill, serialNumber: `urn:uuid:${uuidOf(JSON.stringify(bill))}` };
}

/** All that the dependencies of the project's own entry lead to, found as Node finds modules. */
function closure(lock: Lock) {
  const components = new Map<string, Component>();
  const edges = new Map<string, string[]>();
  const visit = (path: string, scope: 'required' | 'optional'): string => {
    const entry = lock.packages[path]!;
    const component = npmComponent(path, entry, scope);
    const ref = component['bom-ref'];
    const known = components.get(path);
    if (known && (known.scope === 'required' || scope === 'optional')) return ref;
    components.set(path, component);
    const peers = Object.keys(entry.peerDependencies ?? {}).filter(
      (name) => !entry.peerDependenciesMeta?.[name]?.optional,
    );
    const all = [
      ...[...Object.keys(entry.dependencies ?? {}), ...peers].map((name) => [name, scope] as const),
      ...Object.keys(entry.optionalDependencies ?? {}).map((name) => [name, 'optional'] as const),
    ];
    const found = all.flatMap(([name, how]) => {
      const target = resolve(lock, path, name);
      return target === undefined ? [] : [visit(target, how)];
    });
    edges.set(ref, [...(edges.get(ref) ?? []), ...found]);
    return ref;
  };
  const own = lock.packages['']!;
  const roots = [
    ...Object.keys(own.dependencies ?? {}).map((name) => [name, 'required'] as const),
    ...Object.keys(own.optionalDependencies ?? {}).map((name) => [name, 'optional'] as const),
  ].flatMap(([name, scope]) => {
    const target = resolve(lock, '', name);
    return target === undefined ? [] : [visit(target, scope)];
  });
  return { components, edges, roots };
}

/** Path of the entry that `name` means below `from`; undefined: it was left out for this platform. */
function resolve(lock: Lock, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const path = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (lock.packages[path]) return path;
    if (at === '') return undefined;
  }
}

function npmComponent(
  path: string,
  entry: LockedPackage,
  scope: 'required' | 'optional',
): Component {
  const name = entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 13);
  const version = entry.version ?? '0';
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const sha512 = /(?:^| )sha512-(\S+)/.exec(entry.integrity ?? '')?.[1];
  return {
    'bom-ref': purl,
    type: 'library',
    name,
    version,
    purl,
    scope,
    ...(sha512 !== undefined && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }],
    }),
    ...(entry.license !== undefined && { licenses: [licenseOf(entry.license)] }),
  };
}

function licenseOf(told: unknown) {
  return typeof told === 'string'
    ? { expression: told }
    : { license: { name: JSON.stringify(told) } };
}

function systemComponent({ name, version, architecture }: SystemPackage): Component {
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`;
  return { 'bom-ref': purl, type: 'library', name, version, purl };
}

/** Of dpkg's `status` file: what is installed. */
export function installedPackages(status: string): SystemPackage[] {
  return status.split('\n\n').flatMap((paragraph) => {
    const field = (key: string): string =>
      new RegExp(`^${key}: (.*)$`, 'm').exec(paragraph)?.[1] ?? '';
    if (!field('Status').startsWith('install ok')) return [];
    return [
      { name: field('Package'), version: field('Version'), architecture: field('Architecture') },
    ];
  });
}

/** As a UUID of version 8 (RFC 9562). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

// Whose names a certificate may be for: nobody gets between an app of somebody else and its visitors.

import { covers } from '../../adapters/x509.ts';

export interface Claims {
  /** Domains of apps that the user may not use. */
  foreignDomains: readonly string[];
  /** Ids of apps that the user may use. */
  ownApps: ReadonlySet<string>;
  platformDomain: string;
}

/** The first of the names that belongs to somebody else: as a domain, or as a host of the platform itself. */
export function foreignName(
  names: readonly string[],
  { foreignDomains, ownApps, platformDomain }: Claims,
): string | undefined {
  const domain = foreignDomains.find((foreign) => covers(names, foreign));
  if (domain !== undefined) return domain;
  const suffix = `.${platformDomain.toLowerCase()}`;
  return names.find((name) => {
    if (name === suffix.slice(1)) return true;
    return name.endsWith(suffix) && !ownApps.has(name.slice(0, -suffix.length));
  });
}

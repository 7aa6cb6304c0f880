// What a registry says when it wants to know who asks (RFC 9110 §11.6.1, distribution's token specification); pure.

export type Challenge =
  { kind: 'basic' } | { kind: 'bearer'; realm: URL; service: string | undefined };

/** Of a WWW-Authenticate header; undefined when it asks for something we do not know. */
export function parseChallenge(header: string): Challenge | undefined {
  const [, scheme = '', rest = ''] = /^\s*([A-Za-z]+)\s*(.*)$/s.exec(header) ?? [];
  if (scheme.toLowerCase() === 'basic') return { kind: 'basic' };
  if (scheme.toLowerCase() !== 'bearer') return undefined;
  const fields = new Map<string, string>();
  for (const [, name, quoted, plain] of rest.matchAll(/([A-Za-z_]+)=(?:"([^"]*)"|([^\s,]+))/g)) {
    fields.set(name!.toLowerCase(), quoted ?? plain ?? '');
  }
  const realm = fields.get('realm') ?? '';
  if (!URL.canParse(realm)) return undefined;
  return { kind: 'bearer', realm: new URL(realm), service: fields.get('service') };
}

// How systemd spells units on the bus.

import type { UnitActivity } from '../ports/unit-manager.ts';

const UNIT_ROOT = '/org/freedesktop/systemd1/unit/';

/** `/org/freedesktop/systemd1/unit/app_5fv3_2eweb_2e1_2eservice` → `app_v3.web.1.service`; undefined for other objects. */
export function unitOfPath(path: string): string | undefined {
  if (!path.startsWith(UNIT_ROOT)) return undefined;
  const label = path.slice(UNIT_ROOT.length);
  if (!label.includes('_')) return label;
  const bytes = label.replaceAll(/_([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Every byte but ASCII letters and digits as `_xx`; a digit at the start too. */
export function pathOfUnit(name: string): string {
  const escaped = [...Buffer.from(name, 'utf8')].map((byte, index) => {
    const character = String.fromCharCode(byte);
    const plain = index === 0 ? /[A-Za-z]/ : /[A-Za-z0-9]/;
    return plain.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`;
  });
  return UNIT_ROOT + escaped.join('');
}

/** ListUnits…: a(ssssssouso). */
export function activitiesOf(body: unknown[]): UnitActivity[] {
  const rows = body[0] as [name: string, description: string, ...rest: string[]][];
  return rows.map(([name, , load = '', active = '', sub = '']) => ({ name, load, active, sub }));
}

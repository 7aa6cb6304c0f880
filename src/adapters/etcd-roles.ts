// Who may write what in etcd: a user for each common name that certificates carry, with a role of the same name, and no password, so
// that nothing but a certificate makes anybody that user. Turned on while the cluster works, as the last step: a run that was cut off
// before leaves a store that everybody may write, and the next one goes on.

import type { IPermission } from 'etcd3';
import { isDeisError } from '../model/errors.ts';
import { allUnder } from './etcd-codec.ts';
import type { Client, EtcdTls } from './etcd-member.ts';
import { EtcdMembers } from './etcd-members.ts';

export interface EtcdRole {
  /** Of the role and of its user. */
  name: string;
  /** Prefixes of keys. All may read everything. */
  writes: readonly string[];
}

/** A role may read and write here, or only read. */
type Range = Pick<IPermission, 'key' | 'range_end'> & { permType: 'Read' | 'Readwrite' };

/**
 * Makes users and roles what is said, and turns authentication on; `admin` may do everything. Changes only what differs. Before
 * authentication is on anybody may call this, then only an administrator: for others it throws DeisError 'forbidden', also when
 * somebody else has turned it on meanwhile. Throws 'unavailable'.
 */
export async function ensureRoles(
  { endpoints, tls }: { endpoints: string[]; tls: EtcdTls },
  roles: readonly EtcdRole[],
  admin: string,
  signal: AbortSignal,
): Promise<void> {
  const members = new EtcdMembers(endpoints, tls);
  try {
    const etcd = new Directory(members, signal);
    await etcd.look();
    await etcd.role('root');
    for (const user of ['root', admin]) await etcd.user(user, 'root');
    for (const { name, writes } of roles) {
      await etcd.role(name);
      await etcd.permit(name, rangesOf(writes));
      await etcd.user(name, name);
    }
    await etcd.enable();
  } finally {
    members.close();
  }
}

/** Users and roles as they are, and the questions by which they are changed; each may be asked twice. */
class Directory {
  readonly #members: EtcdMembers;
  readonly #signal: AbortSignal;
  #roles = new Set<string>();
  #users = new Set<string>();

  constructor(members: EtcdMembers, signal: AbortSignal) {
    this.#members = members;
    this.#signal = signal;
  }

  async look(): Promise<void> {
    const { roles } = await this.#ask((client, options) => client.auth.roleList(options));
    const { users } = await this.#ask((client, options) => client.auth.userList(options));
    this.#roles = new Set(roles);
    this.#users = new Set(users);
  }

  async role(name: string): Promise<void> {
    if (this.#roles.has(name)) return;
    await this.#make((client, options) => client.auth.roleAdd({ name }, options));
  }

  async user(name: string, role: string): Promise<void> {
    if (!this.#users.has(name)) {
      const options = { no_password: true };
      await this.#make((client, given) => client.auth.userAdd({ name, options }, given));
    }
    const { roles } = await this.#ask((client, options) => client.auth.userGet({ name }, options));
    if (roles.includes(role)) return;
    await this.#ask((client, options) => client.auth.userGrantRole({ user: name, role }, options));
  }

  /** What is granted too much is taken away last: nobody is locked out in between. */
  async permit(role: string, ranges: readonly Range[]): Promise<void> {
    const { perm } = await this.#ask((client, options) => client.auth.roleGet({ role }, options));
    const present = new Map(perm.map((one) => [spell(one), one]));
    for (const range of ranges) {
      if (present.get(spell(range))?.permType === range.permType) continue;
      await this.#ask((client, options) =>
        client.auth.roleGrantPermission({ name: role, perm: range }, options),
      );
    }
    const wanted = new Set(ranges.map(spell));
    for (const [text, { key, range_end }] of present) {
      if (wanted.has(text)) continue;
      await this.#ask((client, options) =>
        client.auth.roleRevokePermission({ role, key, range_end }, options),
      );
    }
  }

  async enable(): Promise<void> {
    await this.#ask((client, options) => client.auth.authEnable(options));
  }

  /** Another operator, or an earlier try of ours, may have made it in between. */
  async #make(ask: Question<unknown>): Promise<void> {
    try {
      await this.#ask(ask);
    } catch (error) {
      if (!isDeisError(error, 'conflict')) throw error;
    }
  }

  #ask<T>(ask: Question<T>): Promise<T> {
    return this.#members.call('roles', ask as Question<never>, this.#signal);
  }
}

type Question<T> = (client: Client, options: { deadline: number }) => Promise<T>;

function rangesOf(writes: readonly string[]): Range[] {
  return [
    { ...allUnder(''), permType: 'Read' },
    ...writes.map((prefix): Range => ({ ...allUnder(prefix), permType: 'Readwrite' })),
  ];
}

function spell({ key, range_end }: Pick<IPermission, 'key' | 'range_end'>): string {
  return `${key.toString('hex')} ${range_end.toString('hex')}`;
}

// Existing hosts as a provider: a flavor names them, and each new node takes the next one that is free.

import { DeisError } from '../../model/errors.ts';
import { parseHost } from '../ssh-keys.ts';
import { type MachineProvider, unknownParams } from './provider.ts';

const PARAMS = ['hosts', 'user', 'port', 'key', 'hostKey'];

export const sshProvider: MachineProvider = {
  joins: true,

  check(params) {
    const unknown = unknownParams(params, PARAMS);
    if (unknown !== undefined) throw new DeisError('invalid', unknown);
    const bad = hostsOf(params).find((word) => parseHost(word) === undefined);
    if (bad !== undefined) throw new DeisError('invalid', `"${bad}" is not [USER@]HOST[:PORT]`);
  },

  async create({ params, nodes }) {
    const used = new Set(nodes.flatMap(({ access }) => (access ? [access.host] : [])));
    const hosts = hostsOf(params).map((word) => ({ word, parsed: parseHost(word)! }));
    const free = hosts.find(({ parsed }) => !used.has(parsed.host));
    if (!free) {
      throw new DeisError(
        'unavailable',
        `none of the flavor's hosts is free: ${hosts.map(({ word }) => word).join(', ') || 'it names none'}`,
        'Add more: deisctl flavors update FLAVOR --params hosts=10.0.0.7,10.0.0.8',
      );
    }
    const { user = '', port = '', key, hostKey = '' } = params;
    return await Promise.resolve({
      kind: 'bare' as const,
      access: {
        host: free.parsed.host,
        user: free.word.includes('@') || user === '' ? free.parsed.user : user,
        port: port === '' ? free.parsed.port : Number(port),
        hostKey,
        ...(key !== undefined && { key }),
      },
    });
  },

  /** The host stays its owner's. */
  destroy: () => Promise.resolve(),
};

function hostsOf({ hosts = '' }: Record<string, string>): string[] {
  return hosts.split(',').filter(Boolean);
}

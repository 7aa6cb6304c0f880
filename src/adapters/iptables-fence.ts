// The packet fence through iptables. The chain hangs in mangle/PREROUTING: there every packet of a container passes once, with the
// address and port it asked for, whether it is for this machine, for another or for a neighbour; Docker changes nothing there.

import { z } from 'zod';
import type { FencePlan, FenceRule, PacketFence } from '../ports/packet-fence.ts';
import { run, succeeds } from './process.ts';

const CHAIN = 'DEIS-FENCE';
const WAIT = ['-w', '10'];

/** Of ip-address(8); Node's own list leaves out bridges without a running container. */
const links = z.array(
  z.object({
    ifname: z.string().optional(),
    addr_info: z.array(z.object({ local: z.string(), prefixlen: z.number() })).optional(),
  }),
);

export const iptablesFence: PacketFence = {
  async spans(bridges, signal) {
    const { stdout } = await run('ip', ['-j', '-4', 'address', 'show'], {}, signal);
    return links
      .parse(JSON.parse(stdout || '[]'))
      .filter(({ ifname }) => ifname !== undefined && bridges.includes(ifname))
      .flatMap(({ addr_info = [] }) =>
        addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
      );
  },
  async apply({ bridges, rules, rules6 }, signal) {
    await applyTo('iptables', bridges, rules, signal);
    await applyTo('ip6tables', bridges, rules6, signal);
  },
};

async function applyTo(
  program: 'iptables' | 'ip6tables',
  bridges: FencePlan['bridges'],
  rules: readonly FenceRule[],
  signal: AbortSignal,
): Promise<void> {
  // With --noflush only chains that are named are emptied; all of it is put in place by one commit.
  const lines = rules.map((rule) => `-A ${CHAIN} ${rule}`);
  const input = ['*mangle', `:${CHAIN} - [0:0]`, ...lines, 'COMMIT', ''].join('\n');
  await run(`${program}-restore`, [...WAIT, '--noflush'], { input }, signal);
  for (const bridge of bridges) {
    const jump = ['PREROUTING', '-i', bridge, '-j', CHAIN];
    const at = [...WAIT, '-t', 'mangle'];
    if (await succeeds(program, [...at, '-C', ...jump], signal)) continue;
    await run(program, [...at, '-I', ...jump], {}, signal);
  }
}

// One machine as it can be seen from here: its ports, its deisd, and what it finds when it examines itself. Where its deisd does not
// answer, it is examined by hand.

import type { MachineClient } from '../../adapters/machine-client.ts';
import { quickGet } from '../../adapters/quick-get.ts';
import { type Dial, reachOf } from '../../adapters/tcp-reach.ts';
import type { DoorFact, MachineFact } from '../../doctor/facts.ts';
import type { Examination } from '../../model/examination.ts';
import type { ClientTls } from '../context.ts';

const REACH_MS = 1500;
/** A busy deisd may take its time; a frozen one takes all of it. */
const DOOR_MS = 2500;
const EXAMINATION_MS = 7000;

export interface Seen {
  name: string;
  ip: string;
  id?: string;
  /** Its sshd's public keys, if the store knows them. */
  hostKeys?: string[];
  power?: 'running' | 'cut' | 'off';
}

export interface Sight {
  tls: ClientTls;
  client: MachineClient;
  through?: Dial | undefined;
  /** `ip:port` on other machines that it should reach. */
  targets: readonly string[];
  /** Ports of it that are tried from here. */
  tried: readonly string[];
  /** Runs `deisd examine <targets>` there without its deisd. */
  byHand: (seen: Seen, targets: readonly string[], signal: AbortSignal) => Promise<Examination>;
}

export async function lookAtMachine(
  seen: Seen,
  sight: Sight,
  signal: AbortSignal,
): Promise<MachineFact> {
  const { ip } = seen;
  const api = `${ip}:7600`;
  const [door, tried] = await Promise.all([
    lookAtDoor(api, sight, signal),
    Promise.all(
      [...new Set([`${ip}:22`, ...sight.tried])].map(async (address) => {
        return { address, reach: await reachOf(address, REACH_MS, signal, sight.through) };
      }),
    ),
  ]);
  const { hostKeys: _hostKeys, ...about } = seen;
  const fact = { ...about, door, tried };
  if (seen.power === 'off') return fact;
  return { ...fact, ...(await examined(seen, door, sight, signal)) };
}

async function lookAtDoor(
  api: string,
  { tls, through }: Sight,
  signal: AbortSignal,
): Promise<DoorFact> {
  const reach = await reachOf(api, REACH_MS, signal, through);
  if (reach === 'refused') return { kind: 'closed' };
  if (reach !== 'open') return { kind: 'unreachable', problem: reach };
  try {
    const asked = { url: `https://${api}/healthz`, tls, through, ms: DOOR_MS };
    const { status } = await quickGet(asked, signal);
    if (status === 200) return { kind: 'answers' };
    return { kind: 'refuses', problem: `it answered ${status}` };
  } catch (error) {
    signal.throwIfAborted();
    const { message } = error as Error;
    if (message === 'refused') return { kind: 'closed' };
    return { kind: message.startsWith('silent') ? 'mute' : 'refuses', problem: message };
  }
}

type Examined = Pick<MachineFact, 'examination' | 'examinedBy' | 'clock' | 'unexamined'>;

async function examined(
  seen: Seen,
  door: DoorFact,
  { client, targets, byHand }: Sight,
  signal: AbortSignal,
): Promise<Examined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(EXAMINATION_MS)]);
  const ask = {
    deisd: () => client.examination(`${seen.ip}:7600`, targets, limit),
    hand: () => byHand(seen, targets, limit),
  };
  const ways = door.kind === 'answers' ? (['deisd', 'hand'] as const) : (['hand'] as const);
  let unexamined = '';
  for (const way of ways) {
    const sent = Date.now();
    try {
      const examination = await ask[way]();
      const received = Date.now();
      const give = (received - sent) / 2;
      const clock = { ahead: Math.round(examination.at - (sent + give)), give };
      return { examination, examinedBy: way, clock };
    } catch (error) {
      signal.throwIfAborted();
      unexamined = (error as Error).message;
    }
  }
  return { unexamined };
}

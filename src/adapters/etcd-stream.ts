// One watch stream of one etcd member: opens it, passes on what it says, and notices when it has gone silent.

import type { IWatchResponse } from 'etcd3';
import { allUnder } from './etcd-codec.ts';
import type { Client, EtcdMember, WatchStream } from './etcd-member.ts';

/** A member silent for so long is asked for a sign of life, and left for another after so long, ms. */
const MEMBER_SILENCE = { ask: 1500, leave: 4000 };
/** One stream may be silent much longer, as the others and all calls over its connection show that it lives, ms. */
const STREAM_SILENCE = { ask: 30_000, leave: 34_000 };
const LOOK_EVERY_MS = 500;

/** `gap`: the listener says that what happened in between cannot be had from here. */
export type StreamEnd = 'gap' | 'broken';

/**
 * Follows a prefix from a revision on. `listen` gets every response and ends the stream by answering 'gap'.
 * Resolves when the stream is over or the signal aborts.
 */
export async function followStream(
  member: EtcdMember,
  prefix: string,
  from: number,
  listen: (response: IWatchResponse) => StreamEnd | undefined,
  signal: AbortSignal,
): Promise<StreamEnd> {
  const { client } = member;
  const stream = await client.openWatch();
  const { promise, resolve } = Promise.withResolvers<StreamEnd>();
  let heard = performance.now();
  const broken = (): void => {
    member.missed(performance.now());
    resolve('broken');
  };
  const look = setInterval(() => {
    const state = stateOf(member, client, heard);
    if (state === 'left') resolve('broken');
    else if (state === 'dead') broken();
    else if (state === 'silent') stream.write({ progress_request: {} });
  }, LOOK_EVERY_MS);
  const stop = (): void => resolve('broken');
  signal.addEventListener('abort', stop, { once: true });
  stream
    .on('error', broken)
    .on('end', broken)
    .on('data', (response) => {
      heard = performance.now();
      member.answered(heard);
      const end = listen(response);
      if (end) resolve(end);
    });
  stream.write({ create_request: { ...allUnder(prefix), start_revision: from } });
  if (signal.aborted) stop();
  const end = await promise;
  clearInterval(look);
  signal.removeEventListener('abort', stop);
  hangUp(stream);
  return end;
}

/** `left`: the member's connection was given up for a new one, ours is the old one. */
function stateOf(
  member: EtcdMember,
  client: Client,
  heard: number,
): 'well' | 'silent' | 'dead' | 'left' {
  if (member.client !== client) return 'left';
  const now = performance.now();
  const ofStream = now - heard;
  const ofMember = now - Math.max(heard, member.lastAnswer);
  if (ofStream > STREAM_SILENCE.leave || ofMember > MEMBER_SILENCE.leave) return 'dead';
  return ofStream > STREAM_SILENCE.ask || ofMember > MEMBER_SILENCE.ask ? 'silent' : 'well';
}

/** What still arrives, an error of the hanging up too, matters to nobody. */
function hangUp(stream: WatchStream): void {
  stream.removeAllListeners().on('error', () => undefined);
  stream.cancel();
}

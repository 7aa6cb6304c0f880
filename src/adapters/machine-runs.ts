// Orders one-off containers from machines over their API: mutual TLS, as everything between machines.

import { DeisError, type ErrorCode } from '../model/errors.ts';
import { jsonPayload } from '../model/frames.ts';
import { FRAME } from '../model/run.ts';
import type { MachineRuns } from '../ports/machine-runs.ts';
import type { ClientTls } from './machine-client.ts';
import { type Upgraded, upgrade } from './upgrade.ts';

export function machineRuns(tls: ClientTls): MachineRuns {
  return {
    async open(api, order, signal) {
      const answer = await asked(api, tls, signal);
      if ('refused' in answer) throw refusal(api, answer.refused);
      await answer.channel.send(FRAME.start, jsonPayload(order));
      return answer.channel;
    },
  };
}

async function asked(api: string, tls: ClientTls, signal: AbortSignal): Promise<Upgraded> {
  try {
    return await upgrade(new URL(`https://${api}/v1/runs`), { ...tls }, signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new DeisError('unavailable', `The machine at ${api} does not answer: ${why}.`, '', {
      cause: error,
    });
  }
}

/** The machine's own words. */
function refusal(
  api: string,
  { response, text }: Extract<Upgraded, { refused: object }>['refused'],
): DeisError {
  try {
    const { error } = JSON.parse(text) as {
      error: { code: ErrorCode; message: string; hint: string };
    };
    return new DeisError(error.code, error.message, error.hint);
  } catch (cause) {
    const status = response.statusCode ?? 0;
    return new DeisError('unavailable', `The machine at ${api} answered ${status}.`, '', { cause });
  }
}

// How a failed deployment is told: which container, why, and the last it said.

import { toDeisError } from '../../model/errors.ts';
import { parseContainerName } from '../../model/ids.ts';
import type { Deployment } from '../../model/rollout.ts';
import type { AppLogs } from '../../ports/app-logs.ts';
import type { Trouble } from './trouble.ts';

const LINES = 10;
const LONGEST_LINE = 300;
const PATIENCE_MS = 3000;

/** `web.1 on ada crashed 3 times: exit code 1` and its last log lines below. Never throws. */
export async function failureText(
  { unit, reason }: Trouble,
  { app, to }: Pick<Deployment, 'app' | 'to'>,
  logs: AppLogs,
  signal: AbortSignal,
): Promise<string> {
  const name = parseContainerName(unit);
  if (!name) return reason;
  const query = { app, process: `${name.type}.${name.num}`, release: to, lines: LINES };
  try {
    const lines = await logs.recent(
      query,
      AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    );
    if (lines.length === 0) return reason;
    const last = lines.map(({ line }) => `  ${line.slice(0, LONGEST_LINE)}`);
    return [reason, 'Its last log lines:', ...last].join('\n');
  } catch (error) {
    return `${reason}\n(its log could not be read: ${toDeisError(error).message})`;
  }
}

// How a failed deployment is told: which container, why, and the last it said.

import { toDeisError } from '../../model/errors.ts';
import { parseContainerName } from '../../model/ids.ts';
import type { Deployment } from '../../model/rollout.ts';
import type { AppLogs } from '../../ports/app-logs.ts';
import type { Cause, Trouble } from './trouble.ts';

const LINES = 10;
const LONGEST_LINE = 300;
const PATIENCE_MS = 6000;

type About = Pick<Deployment, 'app' | 'from' | 'to' | 'kind' | 'policy'>;

/** `web.1 on ada crashed 3 times: exit code 1`, its last log lines, what still runs and what to do now. Never throws. */
export async function failureText(
  trouble: Trouble,
  about: About,
  logs: AppLogs,
  signal: AbortSignal,
): Promise<string> {
  const said = await withLastLines(trouble, about, logs, signal);
  return `${said}\n${remains(about)}${NEXT[trouble.cause](about, typeOf(trouble))}`;
}

function remains({ kind, from, to, policy }: About): string {
  if (policy?.autoRevert === false) return '';
  return kind === 'deploy' && from !== to ? `v${from} stays as it was. ` : '';
}

const typeOf = ({ unit }: Trouble): string => parseContainerName(unit)?.type ?? 'web';

/** What to do now, as the client is typed. */
const NEXT: Record<Cause, (about: About, type: string) => string> = {
  crashed: ({ app }) => `Mend what it says and deploy again; all of its log: deis logs -a ${app}`,
  'out-of-memory': ({ app }, type) =>
    `Give it more memory, for example: deis limits:set ${type}=512M -a ${app}`,
  image: ({ app }) =>
    `Check that the image can be pulled (logins: deis registry:list -a ${app}) and deploy again.`,
  unhealthy: ({ app }, type) =>
    `${type} must answer on the port in $PORT, at HEALTHCHECK_URL if that is set; more time: deis policy:set deadline=300 -a ${app}`,
  unplaced: ({ app }) =>
    `See the tags and limits (deis tags:list -a ${app}, deis limits:list -a ${app}); operators see each machine with: deisctl machines`,
  routers: () => 'Operators see what holds a router up with: deisctl status',
  'release-phase': ({ app }) =>
    `Mend the release line of the Procfile and deploy again; all of its log: deis logs -a ${app}`,
};

async function withLastLines(
  { unit, reason }: Trouble,
  { app, to }: About,
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

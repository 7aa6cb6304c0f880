// What an ACME authority answers that is no answer to the order: nothing, an error of its own, or that it wants to be left alone.

import { setTimeout as delay } from 'node:timers/promises';
import { AuthorityAway } from '../ports/certificate-authority.ts';

/** The part of axios that is used here; its types are no dependency of ours. */
interface Requests<Config> {
  request: (config: Config) => Promise<unknown>;
}

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  data: unknown;
}

interface Failure<Config> {
  config?: (Config & { url?: string; again?: boolean }) | undefined;
  response?: Answer | undefined;
  message?: string;
  code?: string;
}

/** A hiccup is worth a second try. */
const AGAIN_MS = 1000;

/** Every answer comes here, as the library lets none pass by its status. Throws AuthorityAway. */
export async function answerOrAway<Config>(
  requests: Requests<Config>,
  error: Failure<Config>,
): Promise<unknown> {
  const { config, response } = error;
  if (response && response.status !== 429 && response.status < 500) return response;
  const until = response ? retryAfter(response.headers['retry-after'], Date.now()) : 0;
  const isHiccup = until === 0 && response?.status !== 429 && !isOver(error);
  if (config && isHiccup && !config.again) {
    await delay(AGAIN_MS);
    return requests.request({ ...config, again: true });
  }
  throw new AuthorityAway(wordsFor(error), until, { cause: error });
}

/** Silence and an order that was given up do not get better by asking once more. */
const isOver = ({ code }: { code?: string }): boolean =>
  code === 'ECONNABORTED' || code === 'ETIMEDOUT' || code === 'ERR_CANCELED';

function wordsFor<Config>({ config, response, message, code }: Failure<Config>): string {
  const where = config?.url && URL.canParse(config.url) ? new URL(config.url).host : 'it';
  if (!response) return `the authority does not answer: ${where}: ${message || code}`;
  const { data } = response;
  const detail = data && typeof data === 'object' && 'detail' in data ? String(data.detail) : '';
  const said = detail === '' ? '' : `: ${detail.slice(0, 300)}`;
  return response.status === 429
    ? `the authority wants fewer orders (429)${said}`
    : `the authority is sick: ${where} answers ${response.status}${said}`;
}

/** RFC 9110, 10.2.3: seconds, or a date; ms since 1970, 0 for what is neither. */
function retryAfter(header: unknown, now: number): number {
  const text = typeof header === 'string' ? header.trim() : '';
  if (/^\d{1,9}$/.test(text)) return now + Number(text) * 1000;
  const date = /[A-Za-z]/.test(text) ? Date.parse(text) : NaN;
  return date > now ? date : 0;
}

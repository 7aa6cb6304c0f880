// fleet's API, answered as fleet 1.0.0 answered it.

import t from 'tap';
import { CREATING, LABELS, PAGES, PATHS, RUNNING, type Sample, TEMPLATES } from './samples.ts';
import type { Answer } from './ask.ts';
import { fleetWorld, JSON_TYPE, until } from './world.ts';

const world = await fleetWorld();

const TOPICS: [string, Sample[]][] = [
  ['paths and verbs', PATHS],
  ['creating', CREATING],
  ['running', RUNNING],
  ['templates', TEMPLATES],
  ['pages', PAGES],
  ['labels of machines', LABELS],
];

function askSample({ method = 'GET', path, body, types }: Sample): Promise<Answer> {
  const headers = types?.flatMap((type) => ['content-type', type]) ?? JSON_TYPE;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return world.ask(path, {
    method,
    ...(body !== undefined && { body: text, headers }),
  });
}

function expected({ message, json, status }: Sample): string | RegExp {
  if (json !== undefined) return json;
  return message === undefined ? '' : JSON.stringify({ error: { code: status, message } });
}

for (const [topic, samples] of TOPICS) {
  void t.test(topic, async (t) => {
    for (const sample of samples) {
      const { method = 'GET', path, status, body, soon, mended } = sample;
      const title = `${method} ${path} ${body === undefined ? '' : JSON.stringify(body).slice(0, 90)}`;
      const wanted = expected(sample);
      const isSo = ({ body: got }: Answer): boolean =>
        typeof wanted === 'string' ? got === wanted : wanted.test(got);
      if (soon) await until(title, async () => isSo(await askSample(sample)));
      const answer = await askSample(sample);
      t.equal(
        answer.status,
        status,
        `${title}${mended === undefined ? '' : ` (mended: ${mended})`}`,
      );
      if (typeof wanted === 'string') t.equal(answer.body, wanted);
      else t.match(answer.body, wanted);
      t.equal(answer.headers['content-type'], typeOf(sample));
      t.equal(answer.headers['server'], 'fleetd/1.0.0');
    }
  });
}

function typeOf({ method, path, status }: Sample): string | undefined {
  if (path === '/metrics') return 'text/plain; version=0.0.4';
  const silent = status === 201 || (status === 204 && method !== 'PATCH');
  return silent ? undefined : 'application/json';
}

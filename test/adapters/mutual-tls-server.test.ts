// The door between components: whom it lets in, how it fails, and how it waits for its port.

import { createServer } from 'node:net';
import { once } from 'node:events';
import { request } from 'node:https';
import t from 'tap';
import { z } from 'zod';
import { listenOn } from '../../src/adapters/listen-on.ts';
import {
  answerFailure,
  clientName,
  mutualTlsServer,
} from '../../src/adapters/mutual-tls-server.ts';
import type { KeyPair } from '../../src/adapters/pki.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { DeisError } from '../../src/model/errors.ts';
import { listeningLog } from '../agent/listening-log.ts';
import { issue, ours, theirs } from './test-authorities.ts';

const HOST = '127.0.0.1';
const server = { ca: ours.cert, ...(await issue(ours, 'logger', HOST)) };
const controller = await issue(ours, 'controller', HOST);

const FAILURES: Record<string, () => unknown> = {
  '/invalid': () => new DeisError('invalid', 'It is wrong.', 'Put it right.'),
  '/shape': () => z.object({ a: z.string() }).safeParse({}).error,
  '/away': () => new DeisError('unavailable', 'It is away.'),
  '/broken': () => new TypeError('a secret of ours'),
};

/** What comes back: status and body; or the reason why nothing did. */
function ask(port: number, path: string, pair?: KeyPair): Promise<string> {
  return new Promise((resolve) => {
    const asked = request(
      { host: HOST, port, path, ca: ours.cert, agent: false, ...pair },
      (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve(`${response.statusCode} ${text.trim()}`));
        response.on('error', () => resolve(`broken off after ${JSON.stringify(text)}`));
      },
    );
    asked.on('error', () => resolve('refused'));
    asked.end();
  });
}

void t.test('a door between components', async (t) => {
  const stop = new AbortController();
  const log = listeningLog();
  const door = mutualTlsServer(server, log, (asked, answer) => {
    const failure = FAILURES[asked.url ?? ''];
    if (failure) return answerFailure(log, asked, answer, failure());
    if (asked.url !== '/half') return answer.end(`to ${clientName(asked)}`);
    const fail = (): void => answerFailure(log, asked, answer, new Error('half way'));
    return answer.write('the first half', fail);
  });
  const holder = createServer().listen(0, HOST);
  await once(holder, 'listening');
  const { port } = holder.address() as { port: number };
  const listening = Promise.withResolvers<number>();
  const options = { host: HOST, port, door: 'test', clock: systemClock, log };
  const served = listenOn(door, options, stop.signal, listening.resolve);
  while (!log.has('cannot listen')) await new Promise((resolve) => setTimeout(resolve, 10));
  holder.close();
  t.equal(await listening.promise, port, 'it has the port as soon as that is free');

  t.equal(await ask(port, '/'), 'refused', 'nobody without a certificate');
  t.equal(
    await ask(port, '/', await issue(theirs, 'controller', HOST)),
    'refused',
    'nor of another CA',
  );
  t.equal(await ask(port, '/', controller), '200 to controller');
  t.equal(
    await ask(port, '/invalid', controller),
    '400 {"error":{"code":"invalid","message":"It is wrong.","hint":"Put it right."}}',
  );
  t.match(await ask(port, '/shape', controller), /^400 .*"code":"invalid"/);
  t.match(await ask(port, '/away', controller), /^503 /);
  const broken = await ask(port, '/broken', controller);
  t.match(broken, /^500 .*internal error/);
  t.notMatch(broken, /secret/, 'what broke inside is for the log alone');
  t.ok(log.said.some(({ fields }) => fields['error'] === 'a secret of ours'));
  t.equal(await ask(port, '/half', controller), 'broken off after "the first half"');

  stop.abort();
  await served;
  t.equal(await ask(port, '/', controller), 'refused', 'closed when told to');
});

void t.test('told to stop before it could listen, it ends', async (t) => {
  const holder = createServer().listen(0, HOST);
  await once(holder, 'listening');
  t.teardown(() => holder.close());
  const { port } = holder.address() as { port: number };
  const stop = new AbortController();
  const log = listeningLog();
  const door = mutualTlsServer(server, log, () => undefined);
  const options = { host: HOST, port, door: 'test', clock: systemClock, log };
  const served = listenOn(door, options, stop.signal, () => t.fail('it listens'));
  setTimeout(() => stop.abort(), 50);
  await served;
});

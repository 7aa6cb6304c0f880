// Logins and tunnels, against an sshd in this process.

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:http';
import { join } from 'node:path';
import { createServer as tcp } from 'node:net';
import t, { type Test } from 'tap';
import { openTunnel } from '../../../src/cli/reach/tunnel.ts';
import { logIn, type SshWay } from '../../../src/cli/reach/ssh-way.ts';
import { newKey, toySshd, type ToySshd } from './toy-sshd.ts';

delete process.env['SSH_AUTH_SOCK'];
const { signal } = new AbortController();
const key = newKey();

interface Stage {
  sshd: ToySshd;
  way: SshWay;
  known: (content: string) => void;
}

async function stage(t: Test): Promise<Stage> {
  const folder = t.testdir({
    id: key.private,
    known_hosts: '',
    other: newKey().private,
    text: 'no key',
  });
  const sshd = await toySshd(t, key);
  const file = join(folder, 'known_hosts');
  const known = (content: string): void => writeFileSync(file, content);
  known(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
  const way: SshWay = {
    user: 'core',
    key: join(folder, 'id'),
    knownHosts: file,
    strict: true,
    timeout: 5000,
  };
  return { sshd, way, known };
}

const at = ({ sshd }: Stage) => ({ host: '127.0.0.1', port: sshd.port });

void t.test('a command runs, with its output and exit status', async (t) => {
  const it = await stage(t);
  const login = await logIn(it.way, at(it), undefined, signal);
  const { code, stdout, stderr } = await login.capture('echo out; echo err >&2; exit 7');
  t.strictSame([code, stdout.toString(), stderr], [7, 'out\n', 'err']);
  t.strictSame(it.sshd.users, ['core']);
  login.close();
});

void t.test('a host key that is not the known one is refused, and said why', async (t) => {
  const it = await stage(t);
  const tryIt = () => logIn(it.way, at(it), undefined, signal);
  it.known('');
  await t.rejects(tryIt(), {
    code: 'forbidden',
    message: /is not known: ssh-ed25519 SHA256:/,
    hint: /ssh-keyscan -p \d+ 127\.0\.0\.1 >> /,
  });
  const [, blob] = newKey().public.split(' ');
  it.known(`# mine\n[127.0.0.1]:${it.sshd.port} ssh-ed25519 ${blob}\n`);
  await t.rejects(tryIt(), {
    code: 'forbidden',
    message: /line 2: .* listening in/,
    hint: /ssh-keygen -R '\[127/,
  });
  it.known(`@revoked [127.0.0.1]:${it.sshd.port} ${it.sshd.hostKey}\n`);
  await t.rejects(tryIt(), { code: 'forbidden', message: /revoked/ });
  t.strictSame(it.sshd.users, [], 'nobody logged in');
  it.known('');
  const told = await logIn(it.way, { ...at(it), vouched: [it.sshd.hostKey] }, undefined, signal);
  told.close();
  const careless = await logIn({ ...it.way, strict: false }, at(it), undefined, signal);
  careless.close();
});

void t.test('what goes wrong has a reason and a next step', async (t) => {
  const it = await stage(t);
  const stranger = join(it.way.knownHosts, '../other');
  await t.rejects(logIn({ ...it.way, key: stranger }, at(it), undefined, signal), {
    code: 'forbidden',
    message: /does not let core in: no key fits: .*other/,
    hint: /ssh-add/,
  });
  await t.rejects(logIn({ ...it.way, key: '/nowhere/id' }, at(it), undefined, signal), {
    code: 'invalid',
    message: /\/nowhere\/id cannot be read/,
  });
  const text = join(stranger, '..', 'text');
  await t.rejects(logIn({ ...it.way, key: text }, at(it), undefined, signal), {
    message: /no usable private SSH key/,
  });
  await t.rejects(logIn(it.way, { host: '127.0.0.1', port: 1 }, undefined, signal), {
    code: 'unavailable',
    message: /127\.0\.0\.1:1 cannot be reached: nothing listens there/,
  });
  const deaf = tcp(() => undefined).listen(0, '127.0.0.1');
  t.teardown(() => deaf.close());
  await new Promise((resolve) => deaf.once('listening', resolve));
  const { port } = deaf.address() as { port: number };
  await t.rejects(
    logIn({ ...it.way, timeout: 200 }, { host: '127.0.0.1', port }, undefined, signal),
    {
      code: 'timeout',
      message: /not let us in within 0\.2 s/,
    },
  );
  const ended = AbortSignal.abort(new Error('Ctrl-C'));
  await t.rejects(logIn(it.way, at(it), undefined, ended), { message: 'Ctrl-C' });
});

void t.test('doors on this box lead through the tunnel, and end with it', async (t) => {
  const it = await stage(t);
  const far = createServer((_asked, answer) => answer.end('from afar')).listen(0, '127.0.0.1');
  t.teardown(() => far.close());
  await new Promise((resolve) => far.once('listening', resolve));
  const { port } = far.address() as { port: number };
  const tunnel = await openTunnel(`ada@127.0.0.1:${it.sshd.port}`, it.way, signal);
  const [door] = await tunnel.doors([`http://127.0.0.1:${port}`]);
  t.equal(await get(door!), 'from afar');
  t.strictSame([it.sshd.users, it.sshd.dialled], [['ada'], [`127.0.0.1:${port}`]]);
  await t.rejects(tunnel.dial('127.0.0.1', 1), {
    code: 'unavailable',
    message: /127\.0\.0\.1:1 cannot be reached through/,
  });
  const [broken] = await tunnel.doors(['http://127.0.0.1:1']);
  await t.rejects(get(broken!), 'a connection that ends');
  tunnel.close();
  await t.rejects(get(door!), { code: 'ECONNREFUSED' });
});

void t.test('a login through the tunnel, at a machine behind it', async (t) => {
  const it = await stage(t);
  const tunnel = await openTunnel(`127.0.0.1:${it.sshd.port}`, it.way, signal);
  t.teardown(() => tunnel.close());
  const here = await tunnel.login({ id: 'x', ip: '127.0.0.1' }, signal);
  t.equal((await here.capture('echo here')).stdout.toString(), 'here\n');
  t.equal(it.sshd.users.length, 1, 'the machine at its end needs no second login');
});

async function get(url: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asked = request(url, { agent: false }, (answer) => {
    let text = '';
    answer.on('data', (chunk) => (text += String(chunk)));
    answer.on('end', () => resolve(text));
  });
  asked.on('error', reject);
  asked.end();
  return await promise;
}

void t.test('every host key that is made can be read', async (t) => {
  for (let made = 0; made < 300; made += 1) newKey();
  t.pass();
});

// Which way leads to a cluster, who a machine is known as, and what is typed for a machine: the pure parts.

import { createHmac } from 'node:crypto';
import t from 'tap';
import { hostName, knownHostsLine, knownKeys } from '../../../src/cli/reach/known-hosts.ts';
import { arrange, containerOf, dockLine, quoted } from '../../../src/cli/reach/remote-words.ts';
import { tunnelAddress } from '../../../src/cli/reach/tunnel-address.ts';
import { wayOf } from '../../../src/cli/reach/way.ts';

const HERE = { home: '/home/ada', current: undefined, contexts: {} };

void t.test('flags, contexts and what stands without them', async (t) => {
  const prod = { tunnel: 'core@prod-1', cafile: '/ca', sshKey: '~/.ssh/prod' };
  const known = { ...HERE, contexts: { prod } };
  t.match(wayOf({}, HERE), { local: 'deis', ssh: { user: 'core', strict: true, timeout: 10_000 } });
  t.match(wayOf({ cluster: 't' }, known), { local: 't', tunnel: undefined });
  t.match(wayOf({}, { ...known, current: 'prod' }), { local: undefined, tunnel: 'core@prod-1' });
  t.match(wayOf({ cluster: 'prod' }, known), {
    local: undefined,
    tls: { ca: '/ca' },
    ssh: { key: '/home/ada/.ssh/prod', knownHosts: '/home/ada/.ssh/known_hosts' },
  });
  const tunnel = wayOf({ tunnel: '10.0.0.1' }, { ...known, current: 'prod' });
  t.match(tunnel, { local: undefined, tunnel: '10.0.0.1', tls: undefined }, 'stands for itself');
  t.match(wayOf({ cluster: 't', tunnel: '10.0.0.1' }, known), { local: 't', tunnel: '10.0.0.1' });
  t.match(wayOf({ cluster: 'prod', tunnel: '' }, known), { tunnel: undefined }, 'straight');
  const flags = {
    'strict-host-key-checking': 'false',
    'ssh-timeout': '0.5',
    'request-timeout': '2',
    'known-hosts-file': '~/known',
    'ssh-user': 'root',
  };
  t.match(wayOf(flags, HERE), {
    ssh: { strict: false, timeout: 500, knownHosts: '/home/ada/known', user: 'root' },
    requestTimeout: 2000,
  });
});

void t.test('addresses of tunnels', async (t) => {
  const cases: [string, object][] = [
    ['10.0.0.1', { host: '10.0.0.1', port: 22 }],
    ['ada@m1.example.com:2200', { user: 'ada', host: 'm1.example.com', port: 2200 }],
    ['[fd00::1]:23', { host: 'fd00::1', port: 23 }],
    ['fd00::1', { host: 'fd00::1', port: 22 }],
  ];
  for (const [text, expected] of cases) t.strictSame(tunnelAddress(text), expected, text);
  for (const bad of [
    '',
    'a b',
    'm1:0',
    'm1:70000',
    'm1:ssh',
    '@m1',
    'http://m1',
    '-oProxyCommand=x y',
  ]) {
    t.throws(() => tunnelAddress(bad), { code: 'invalid', hint: /core@/ }, bad);
  }
});

void t.test('lines of known_hosts', async (t) => {
  const salt = Buffer.from('salt of twenty bytes');
  const hash = createHmac('sha1', salt).update('[m3]:2222').digest('base64');
  const file = [
    '# comment',
    '',
    'm1,10.0.0.1 ssh-ed25519 AAA1 comment',
    '*.example.com,!bad.example.com ssh-rsa AAA2',
    `|1|${salt.toString('base64')}|${hash} ssh-ed25519 AAA3`,
    '@revoked m1 ssh-rsa AAA4',
    '@cert-authority m1 ssh-rsa AAA5',
    'm1 broken',
    'm?.lab ssh-rsa AAA6',
  ].join('\n');
  const blobs = (host: string, port = 22): string[] =>
    knownKeys(file, host, port).map(({ blob, revoked }) => `${blob}${revoked ? '!' : ''}`);
  t.strictSame(blobs('m1'), ['AAA1', 'AAA4!']);
  t.strictSame(blobs('M1'), ['AAA1', 'AAA4!']);
  t.strictSame(blobs('10.0.0.1'), ['AAA1']);
  t.strictSame(blobs('10.0.0.12'), [], 'a dot is a dot');
  t.strictSame(blobs('m1', 2222), [], 'another port is another server');
  t.strictSame(blobs('a.example.com'), ['AAA2']);
  t.strictSame(blobs('bad.example.com'), []);
  t.strictSame(blobs('m3', 2222), ['AAA3']);
  t.strictSame(blobs('m7.lab'), ['AAA6']);
  t.equal(knownKeys(file, 'm1', 22)[0]?.line, 3);
  t.equal(hostName('m1', 2200), '[m1]:2200');
  t.equal(knownHostsLine('m1', 22, 'ssh-rsa', 'AAA'), 'm1 ssh-rsa AAA\n');
});

void t.test('what comes after the target belongs to the command', async (t) => {
  const cases: [string, string][] = [
    ['ssh m1', 'ssh m1'],
    ['ssh m1 ls -la --json', 'ssh m1 -- ls -la --json'],
    ['ssh -C x m1 ls -C', 'ssh -C x m1 -- ls -C'],
    ['ssh --tunnel=t m1 -- ls -l', 'ssh --tunnel=t m1 -- ls -l'],
    ['dock router@1 sh -c x', 'dock router@1 -- sh -c x'],
    ['ssh --help', 'ssh --help'],
    ['ssh --strict-host-key-checking m1 ls', 'ssh --strict-host-key-checking=true m1 -- ls'],
    ['list --strict-host-key-checking', 'list --strict-host-key-checking=true'],
    ['list --all', 'list --all'],
  ];
  for (const [typed, expected] of cases) t.equal(arrange(typed.split(' ')).join(' '), expected);
});

void t.test('docker exec, with words that stay words', async (t) => {
  const exec = (words: string[], terminal = false): string =>
    /then exec (.*); else/.exec(dockLine('deis-router.1', words, terminal))![1]!;
  t.equal(exec([], true), 'docker exec -it deis-router.1 sh');
  t.equal(exec(['ls', '-l']), 'docker exec -i deis-router.1 ls -l');
  t.equal(exec(['echo $X; date']), "docker exec -i deis-router.1 sh -c 'echo $X; date'");
  t.equal(exec(['echo', "it's; rm"]), "docker exec -i deis-router.1 echo 'it'\\''s; rm'");
  t.match(dockLine('c', [], false), /else exec sudo -n docker exec -i c sh; fi$/);
  t.equal(quoted(''), "''");
  t.equal(containerOf('deis-router@1.service'), 'deis-router.1');
  t.equal(containerOf('hello_v2.web.1.service'), 'hello_v2.web.1');
});

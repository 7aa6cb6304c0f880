// Config values are data: they arrive byte for byte, change nothing on the host, and are readable nowhere else.

import t from 'tap';
import { deployHello, platform } from './platform.ts';

const on = await platform();

/** `deis config:set` of the original cannot send empty values, so there is none here. */
const HOSTILE: Record<string, string> = {
  NEWLINES: 'first\nsecond\n\nfourth',
  QUOTES: `a "double" and a 'single' one`,
  PERCENT: '%n %i %% 100%',
  DOLLAR: '$HOME ${PATH} $(touch /tmp/owned) $$',
  BACKSLASH: 'C:\\new\\table \\x41 \\',
  BACKTICK: '`touch /tmp/owned`',
  MUSTACHE: '{{app}} {{{app}}} {{#each}}',
  UNICODE: 'žluťoučký kůň 🐎 \u2028 عربى',
  NGINX: 'x; } server { listen 81; return 200 "owned"; }',
  UNIT: 'x\n[Service]\nExecStartPre=/bin/touch /tmp/owned',
  LARGE: 'secret-'.repeat(9362) + 'ab',
  DOCKER_HOST: 'tcp://10.9.9.9:2375',
  LD_PRELOAD: '/tmp/evil.so',
  HOME: '/somewhere',
  NODE_OPTIONS: '--no-warnings',
};

t.before(async () => {
  await deployHello(on, 'data', { web: 1 });
});

t.test('values arrive byte for byte', { timeout: 120_000 }, async (t) => {
  t.equal(HOSTILE['LARGE']?.length, 65536);
  const pairs = Object.entries(HOSTILE).map(([name, value]) => `${name}=${value}`);
  await on.mustDeis('config:set', ...pairs, '-a', 'data');
  const { body } = await on.get('data', '/env.json');
  const seen = JSON.parse(body) as Record<string, string>;
  for (const [name, value] of Object.entries(HOSTILE)) t.equal(seen[name], value, name);
});

t.test('nothing on the hosts changed, and no value is readable there', async (t) => {
  for (const { name } of on.context.machines) {
    t.equal((await on.exec(name, 'ls /tmp/owned')).code, 2, `${name}: nothing was run`);
    const units = await on.sh(name, 'systemctl cat "data_v*" 2>/dev/null || true');
    const processes = await on.sh(
      name,
      'ps axww -o args; for pid in $(pgrep -f /opt/deis/libexec/waiter); do cat /proc/$pid/environ || true; done',
    );
    const journal = await on.sh(name, 'journalctl -b --no-pager -u deisd -u "data_v*" -o cat');
    for (const text of [units, processes, journal]) {
      t.notMatch(text, 'secret-secret-');
      t.notMatch(text, '10.9.9.9:2375');
    }
  }
  const dump = await on.sh(
    1,
    'ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/deis/tls/ca.crt --cert /etc/deis/tls/deisd.crt --key /etc/deis/tls/deisd.key get --prefix / ',
  );
  t.notMatch(dump, 'secret-secret-');
  t.notMatch(dump, '10.9.9.9:2375');
});

t.test('names built to inject syntax are refused', async (t) => {
  for (const name of [
    'a b',
    'x;y',
    '../etc',
    'a\nb',
    '-x',
    'UPPER',
    'deis',
    'deis-router',
    'a'.repeat(80),
  ]) {
    const { code } = await on.deis('apps:create', '--no-remote', '--', name);
    t.not(code, 0, JSON.stringify(name));
  }
  for (const type of ['we b', 'web\n[Service]', 'web;', '%n']) {
    const procfile = JSON.stringify({ [type]: 'node web.js' });
    const { code } = await on.deis(
      'builds:create',
      on.hello.reference,
      '-a',
      'data',
      '-p',
      procfile,
    );
    t.not(code, 0, JSON.stringify(type));
  }
});

t.teardown(async () => {
  await on.deis('apps:destroy', '-a', 'data', '--confirm', 'data');
});

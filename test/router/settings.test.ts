// The settings: v1's names and defaults, and no value that could change anything but its own line.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fileTemplates } from '../../src/adapters/templates.ts';
import { renderServerFile } from '../../src/router/server-file.ts';
import type { Policy } from '../../src/ports/web-server.ts';
import { policiesOf } from '../../src/router/policy.ts';
import { DROPPED, isSetting, readSettings, SETTINGS } from '../../src/router/settings.ts';
import { platformCertificate } from '../../src/router/sources.ts';
import { makeBench, NO_ROUTES, selfSigned } from './nginx-bench.ts';

const layout = {
  prefix: '/p',
  control: '/p/control.sock',
  lua: '/p/lua',
  routes: '/p/routes',
  assets: '/p/private',
  pid: '/p/pid',
  accessLog: '/p/access.log',
  errorLog: '/p/error.log',
};
const needs = {
  templates: fileTemplates,
  layout,
  listen: { http: '80', https: '443', health: '9090' },
  machine: '0123456789abcdef',
  processors: 3,
  fallback: { certificate: 'cert', key: 'key' },
  life: () => 'life',
};
const text = (stored: Record<string, string>): string =>
  renderServerFile(needs, { values: readSettings(stored).values, gates: false }).text;

const pair = await selfSigned('example.com');
const dhparam = readFileSync(join(import.meta.dirname, 'dhparam.pem'), 'utf8');

/** Each setting with a value of its own, and what it changes: a line of nginx's file, or the policy of an app or the controllers. */
type Effect = string | { group: string; policy: Policy } | { told: string };
const EFFECTS: Record<string, [value: string, effect: Effect]> = {
  bodySize: ['10m', 'client_max_body_size 10m;'],
  defaultTimeout: ['20m', 'proxy_read_timeout 1200s;'],
  maxWorkerConnections: ['768', 'worker_connections 768;'],
  workerProcesses: ['7', 'worker_processes 7;'],
  errorLogLevel: ['warn', 'error_log /p/error.log warn;'],
  serverTokens: ['off', 'server_tokens off;'],
  serverNameHashMaxSize: ['1024', 'server_names_hash_max_size 1024;'],
  serverNameHashBucketSize: ['128', 'server_names_hash_bucket_size 128;'],
  gzip: ['off', 'gzip off;'],
  gzipCompLevel: ['9', 'gzip_comp_level 9;'],
  gzipDisable: ['"msie7"', 'gzip_disable "msie7";'],
  gzipHttpVersion: ['1.0', 'gzip_http_version 1.0;'],
  gzipMinLength: ['1024', 'gzip_min_length 1024;'],
  gzipProxied: ['expired', 'gzip_proxied expired;'],
  gzipTypes: ['text/css image/svg+xml', 'gzip_types text/css image/svg+xml;'],
  gzipVary: ['off', 'gzip_vary off;'],
  proxyProtocol: ['true', 'listen 443 default_server ssl http2 backlog=4096 proxy_protocol;'],
  proxyRealIpCidr: ['192.168.0.0/16', 'set_real_ip_from 192.168.0.0/16;'],
  'hsts/enabled': ['true', "https   'max-age=10886400';"],
  'hsts/maxAge': ['60', "https   'max-age=60';"],
  'hsts/includeSubDomains': ['true', "https   'max-age=10886400; includeSubDomains';"],
  'hsts/preload': ['true', "https   'max-age=10886400; preload';"],
  enforceHTTPS: ['true', { group: 'app', policy: { https: true } }],
  enforceWhitelist: ['true', { group: 'app', policy: { allow: [] } }],
  affinityArg: ['user', { group: 'app', policy: { affinity: { kind: 'arg', name: 'user' } } }],
  sslCert: [pair.certificate, { told: 'platform' }],
  sslKey: [pair.key, { told: 'platform' }],
  sslDhparam: [dhparam, 'ssl_dhparam /p/private/dhparam-'],
  sslProtocols: ['TLSv1.2', 'ssl_protocols TLSv1.2;'],
  sslCiphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;'],
  sslBufferSize: ['16k', 'ssl_buffer_size 16k;'],
  sslSessionCache: ['shared:SSL:10m', 'ssl_session_cache shared:SSL:10m;'],
  sslSessionTimeout: ['1h', 'ssl_session_timeout 3600;'],
  sslSessionTickets: ['off', 'ssl_session_tickets off;'],
  enableNginxStatus: ['true', 'deis.routes.status = true'],
  trafficStatusZoneSize: ['4m', 'lua_shared_dict deis_traffic 4m;'],
  'controller/timeout/connect': ['2s', { group: 'deis', policy: { connect: 2 } }],
  'controller/timeout/read': ['1m', { group: 'deis', policy: { read: 60 } }],
  'controller/timeout/send': ['1h', { group: 'deis', policy: { send: 3600 } }],
  'controller/whitelist': [
    '10.0.0.0/8:office',
    { group: 'deis', policy: { allow: [{ bytes: '0a000000', bits: 8 }] } },
  ],
  // These act outside nginx: door.test.ts shows the limits of the door, acme/acme.test.ts the orders (not `acme/email`).
  'builder/timeout/connect': ['200', { told: 'builderTimeoutConnect' }],
  'builder/timeout/tcp': ['300', { told: 'builderTimeoutTcp' }],
  leaveTime: ['20', { told: 'leaveTime' }],
  'acme/enabled': ['true', { told: 'acmeEnabled' }],
  'acme/directory': ['https://acme.test/dir', { told: 'acmeDirectory' }],
  'acme/ca': [pair.certificate, { told: 'acmeCa' }],
  'acme/email': ['ops@example.com', { told: 'acmeEmail' }],
  'acme/dnsHook': ['https://hook.test/', { told: 'acmeDnsHook' }],
  'acme/dnsWait': ['1', { told: 'acmeDnsWait' }],
};
/** Settings that only mean something beside another one. */
const BESIDE: Record<string, Record<string, string>> = {
  'hsts/maxAge': { 'hsts/enabled': 'true' },
  'hsts/includeSubDomains': { 'hsts/enabled': 'true' },
  'hsts/preload': { 'hsts/enabled': 'true' },
  sslSessionTimeout: { sslSessionCache: 'shared:SSL:10m' },
  sslCert: { sslKey: pair.key },
  sslKey: { sslCert: pair.certificate },
};

function hasEffect(stored: Record<string, string>, key: string, effect: Effect): boolean {
  if (typeof effect === 'string') return text(stored).includes(effect);
  const { values } = readSettings(stored);
  if ('group' in effect) {
    const found = policiesOf(['deis', 'app'], new Map(), values).policies[effect.group] ?? {};
    return Object.entries(effect.policy).every(
      ([name, value]) => JSON.stringify(found[name as keyof Policy]) === JSON.stringify(value),
    );
  }
  if ('told' in effect && effect.told === 'platform') {
    return platformCertificate(stored).length === 1;
  }
  return 'told' in effect && values[effect.told] === stored[key];
}

void t.test('every setting has its effect', async (t) => {
  t.same(SETTINGS.map(({ key }) => key).sort(), Object.keys(EFFECTS).sort());
  for (const [key, [value, effect]] of Object.entries(EFFECTS)) {
    const beside = BESIDE[key] ?? {};
    t.notOk(hasEffect(beside, key, effect), `${key}: not by default`);
    t.ok(hasEffect({ ...beside, [key]: value }, key, effect), `${key}=${value.slice(0, 40)}`);
    t.same(readSettings({ [key]: value }).refused, {});
  }
});

void t.test('HSTS brings the redirect with it, unless that is said otherwise', async (t) => {
  const hsts = { 'hsts/enabled': 'true' };
  t.ok(hasEffect(hsts, '', { group: 'deis', policy: { https: true } }));
  t.notOk(
    hasEffect({ ...hsts, enforceHTTPS: 'false' }, '', { group: 'app', policy: { https: true } }),
  );
});

void t.test('what Deis v1 had and this platform has not is named', async (t) => {
  for (const key of Object.keys(DROPPED)) t.notOk(isSetting(key));
});

void t.test('the defaults of Deis v1', async (t) => {
  const plain = text({});
  for (const line of [
    'client_max_body_size 1m;',
    'keepalive_timeout 1300s;',
    'worker_processes 3;',
    'gzip on;',
    'gzip_comp_level 5;',
    'gzip_disable "msie6";',
    'gzip_min_length 256;',
    'server_tokens on;',
    'set_real_ip_from 10.0.0.0/8;',
    'real_ip_header X-Forwarded-For;',
  ]) {
    t.ok(plain.includes(line), line);
  }
});

void t.test('a hostile value changes nothing, and is named', async (t) => {
  const plain = text({});
  for (const { key } of SETTINGS) {
    for (const value of [
      '1; } server { listen 81; }',
      '',
      '\n',
      '{{x}}',
      '$host',
      '"',
      '1m\nevil on',
      '-1',
    ]) {
      const { refused } = readSettings({ [key]: value });
      t.ok(refused[key], `${key}=${JSON.stringify(value)}`);
      t.equal(text({ [key]: value }), plain);
    }
  }
  for (const [key, value] of [
    ['bodySize', '9999999999g'],
    ['maxWorkerConnections', '1'],
    ['maxWorkerConnections', '999999'],
  ] as const) {
    t.ok(readSettings({ [key]: value }).refused[key], `${key}=${value}`);
  }
  t.notMatch(readSettings({ sslKey: 'a secret' }).refused['sslKey'], 'a secret');
});

void t.test('what is no setting is left out', async (t) => {
  for (const key of ['alive/abc', 'applied/abc', 'hosts/abc', 'constructor'])
    t.notOk(isSetting(key));
  t.equal(text({ 'alive/abc': 'x' }), text({}));
});

void t.test('nginx takes the file, with every setting changed too', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const changed = Object.fromEntries(Object.entries(EFFECTS).map(([key, [value]]) => [key, value]));
  await bench.nginx.start(bench.file(), NO_ROUTES, () => t.fail('died'), bench.signal);
  await bench.nginx.test(bench.file({ ...changed, gzip: 'on' }), bench.signal);
  t.pass('accepted');
});

// The settings: v1's names and defaults, and no value that could change anything but its own line.

import t from 'tap';
import { fileTemplates } from '../../src/adapters/templates.ts';
import { renderServerFile } from '../../src/router/server-file.ts';
import { isSetting, readSettings, SETTINGS } from '../../src/router/settings.ts';
import { makeBench } from './nginx-bench.ts';

const layout = {
  prefix: '/p',
  control: '/p/control.sock',
  lua: '/p/lua',
  routes: '/p/routes',
  pid: '/p/pid',
  accessLog: '/p/access.log',
  errorLog: '/p/error.log',
};
const needs = {
  templates: fileTemplates,
  layout,
  listen: { http: '80', health: '9090' },
  machine: '0123456789abcdef',
  processors: 3,
};
const text = (stored: Record<string, string>): string =>
  renderServerFile(needs, readSettings(stored).values).text;

/** Each setting with a value of its own, and the line it makes. */
const LINES: Record<string, [value: string, line: string]> = {
  bodySize: ['10m', 'client_max_body_size 10m;'],
  defaultTimeout: ['20m', 'proxy_read_timeout 1200s;'],
  maxWorkerConnections: ['768', 'worker_connections 768;'],
  workerProcesses: ['7', 'worker_processes 7;'],
  errorLogLevel: ['warn', 'error_log /p/error.log warn;'],
  serverTokens: ['off', 'server_tokens off;'],
  gzip: ['off', 'gzip off;'],
  gzipCompLevel: ['9', 'gzip_comp_level 9;'],
  gzipDisable: ['"msie7"', 'gzip_disable "msie7";'],
  gzipHttpVersion: ['1.0', 'gzip_http_version 1.0;'],
  gzipMinLength: ['1024', 'gzip_min_length 1024;'],
  gzipProxied: ['expired', 'gzip_proxied expired;'],
  gzipTypes: ['text/css image/svg+xml', 'gzip_types text/css image/svg+xml;'],
  gzipVary: ['off', 'gzip_vary off;'],
  proxyProtocol: ['true', 'listen 80 default_server backlog=4096 proxy_protocol;'],
  proxyRealIpCidr: ['192.168.0.0/16', 'set_real_ip_from 192.168.0.0/16;'],
  'controller/timeout/connect': ['2s', 'connect = 2,'],
  'controller/timeout/read': ['1m', 'read = 60'],
  'controller/timeout/send': ['1h', 'send = 3600,'],
};

void t.test('every setting has its line', async (t) => {
  t.same(SETTINGS.map(({ key }) => key).sort(), Object.keys(LINES).sort());
  const plain = text({});
  for (const [key, [value, line]] of Object.entries(LINES)) {
    t.notOk(plain.includes(line), `${key}: not by default`);
    t.ok(text({ [key]: value }).includes(line), `${key}: ${line}`);
  }
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
  for (const { key } of SETTINGS.filter((setting) => setting.key !== 'proxyProtocol')) {
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
  t.notOk(text({ proxyProtocol: 'x; } evil' }).includes('evil'));
});

void t.test('what is no setting is left out', async (t) => {
  for (const key of ['alive/abc', 'applied/abc', 'hosts/abc', 'constructor'])
    t.notOk(isSetting(key));
  t.equal(text({ 'alive/abc': 'x' }), text({}));
});

void t.test('nginx takes the file, with every setting changed too', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const changed = Object.fromEntries(Object.entries(LINES).map(([key, [value]]) => [key, value]));
  const noRoutes = { hosts: {}, groups: {}, down: [], closing: false, leaving: false };
  await bench.nginx.start(bench.file(), noRoutes, () => t.fail('died'), bench.signal);
  await bench.nginx.test(bench.file({ ...changed, gzip: 'on' }), bench.signal);
  t.pass('accepted');
});

// confd beside our router, where a confd is on the PATH: its own template over our records, an nginx that it writes and reloads.
// The template is the hand-written file of the other bench, with confd's loops in the place of the upstreams.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keys } from '../../src/registry/keys.ts';
import { put, Registry, remove } from '../../src/registry/registry.ts';
import { EtcdCluster } from '../adapters/etcd-cluster.ts';
import { handWritten, handWrittenApp } from '../router/hand-written.ts';
import { get, until } from '../router/http.ts';
import { freePort, makeFolder } from '../router/nginx-bench.ts';
import { type Other, ratiosBeside, startNginx } from '../router/throughput.ts';
import { makeRouter } from '../router/router-bench.ts';

const UPSTREAMS = 20;
const TOO_LATE_MS = 20_000;
const FIRST_FILE_MS = 10_000;
type AtEnd = (what: () => unknown) => void;

/** Why nothing can be measured, or undefined. */
export function noConfd(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.some((folder) => existsSync(join(folder, 'confd')))
    ? undefined
    : 'no confd is on the PATH';
}

/** In the words of confd: an app for each folder under the services that has upstreams. */
function template(folder: string, port: number): string {
  const servers = '{{range getvs (printf "/deis/services/%s/*" $app)}}server {{.}}; {{end}}';
  const app = handWrittenApp(port, '{{$app}}', servers);
  const nobody = `server { listen 127.0.0.1:${port} backlog=4096 default_server; return 404; }`;
  return handWritten(folder, `${nobody} {{range $app := lsdir "/deis/services"}}${app}{{end}}`);
}

const resource = (folder: string): string => `[template]
src = "nginx.conf.tmpl"
dest = "${folder}/nginx.conf"
mode = "0644"
keys = ["/deis/services"]
check_cmd = "nginx -t -p ${folder} -c {{.src}}"
reload_cmd = "kill -HUP $(cat ${folder}/nginx.pid)"
`;

/** Starts confd and the nginx it writes; resolves when that serves what is in the store. */
async function startConfd(
  { endpoints }: EtcdCluster,
  certificates: string,
  atEnd: AtEnd,
): Promise<{ port: number; master: number }> {
  const confdir = makeFolder();
  for (const name of ['conf.d', 'templates']) mkdirSync(join(confdir, name));
  const port = await freePort();
  const nodes = endpoints.flatMap((endpoint) => ['-node', endpoint]);
  const file = (name: string): string => join(certificates, name);
  const tls = ['-client-cert', file('cert'), '-client-key', file('key')];
  const told = ['-backend', 'etcdv3', ...nodes, ...tls, '-client-ca-keys', file('ca')];
  const master = startNginx((folder) => {
    writeFileSync(join(confdir, 'conf.d', 'nginx.toml'), resource(folder));
    writeFileSync(join(confdir, 'templates', 'nginx.conf.tmpl'), template(folder, port));
    return handWritten(folder, '');
  }, atEnd);
  const child = spawn('confd', ['-confdir', confdir, '-watch', ...told], { stdio: 'inherit' });
  atEnd(() => child.kill('SIGTERM'));
  return { port, master };
}

async function withStore<T>(
  work: (etcd: EtcdCluster, registry: Registry, certificates: string, atEnd: AtEnd) => Promise<T>,
): Promise<T> {
  const ends: (() => unknown)[] = [];
  try {
    const etcd = await EtcdCluster.start(1);
    ends.unshift(() => etcd.stop());
    const certificates = makeFolder();
    for (const [name, pem] of Object.entries(etcd.tls))
      writeFileSync(join(certificates, name), pem);
    const registry = new Registry(etcd.store());
    return await work(etcd, registry, certificates, (what) => ends.unshift(what));
  } finally {
    for (const end of ends) await end();
  }
}

const never = new AbortController().signal;
const unit = (app: string, number = 1): string[] => [app, `${app}_v1.web.${number}.service`];

/** Seconds from the write of an upstream's key to the first answer that comes from it: by confd, and by our router. */
export function timesToServe(): Promise<{ confd: number[]; ours: number[] }> {
  return withStore(async (etcd, registry, certificates, atEnd) => {
    const answering = await freePort();
    startNginx((folder) => handWritten(folder, answer(answering)), atEnd);
    await registry.commit([], [put(keys.settings, ['platform', 'domain'], 'test')], never);
    const { port } = await startConfd(etcd, certificates, atEnd);
    const router = await makeRouter(atEnd);
    router.run({ registry: new Registry(etcd.store()) });
    const measure = async (asked: number): Promise<number[]> => {
      const values: number[] = [];
      for (let run = 0; run < UPSTREAMS; run += 1) {
        const app = `bench-${asked}-${run}`;
        const began = performance.now();
        const record = put(keys.services, unit(app), `127.0.0.1:${answering}`);
        await registry.commit([], [record], never);
        await until(async () => (await status(asked, `${app}.test`)) === 200, TOO_LATE_MS);
        values.push((performance.now() - began) / 1000);
        await registry.commit([], [remove(keys.services, unit(app))], never);
      }
      return values;
    };
    return { ours: await measure(router.http), confd: await measure(port) };
  });
}

const answer = (port: number): string =>
  `server { listen 127.0.0.1:${port}; location / { return 200 ok; } }`;

async function status(port: number, host: string): Promise<number> {
  return (await get(port, host).catch(() => undefined))?.status ?? 0;
}

/** Our rate divided by that through the nginx of confd, by pairs of runs. */
export function ratesBesideConfd(): Promise<number[]> {
  return withStore(async (etcd, registry, certificates) => {
    const start: Other = async (upstreams, atEnd) => {
      const records = upstreams.map((one, index) =>
        put(keys.services, unit('a', index + 1), `127.0.0.1:${one}`),
      );
      await registry.commit([], records, never);
      const started = await startConfd(etcd, certificates, atEnd);
      await until(async () => (await status(started.port, 'a.test')) === 200, FIRST_FILE_MS);
      return started;
    };
    return (await ratiosBeside(start)).rates;
  });
}

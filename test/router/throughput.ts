// Our router beside a hand-written nginx with the same upstreams written down: pairs of short runs, one after the other.

import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, makeBench, makeFolder, NO_ROUTES } from './nginx-bench.ts';
import { until, get } from './http.ts';

const ROUNDS = 12;
const SECONDS = 2;

/** What a careful person writes: the headers, the log and the limits of our template, and three servers. */
function byHand(folder: string, port: number, upstreams: number[]): string {
  return `
daemon off; worker_processes 2; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 10240; }
http {
  client_body_temp_path ${folder}/temp/b; proxy_temp_path ${folder}/temp/p; fastcgi_temp_path ${folder}/temp/f;
  uwsgi_temp_path ${folder}/temp/u; scgi_temp_path ${folder}/temp/s;
  log_format full '[$time_local] - $remote_addr - $remote_user - $status - "$request" - $bytes_sent - "$http_referer" - '
                  '"$http_user_agent" - $upstream_addr - $http_host - $upstream_response_time - $request_time - $request_id';
  access_log ${folder}/access.log full buffer=64k flush=1s;
  keepalive_timeout 1300s; keepalive_requests 100000; gzip on; gzip_types text/css;
  real_ip_header X-Forwarded-For; set_real_ip_from 10.0.0.0/8;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  map $http_x_forwarded_proto $proto { default $scheme; https https; }
  upstream app { ${upstreams.map((one) => `server 127.0.0.1:${one};`).join(' ')} }
  server {
    listen 127.0.0.1:${port} backlog=4096; server_name a.test;
    location / {
      proxy_pass http://app; proxy_http_version 1.1; proxy_buffering off; proxy_connect_timeout 1s;
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $proto; proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Request-Id $request_id; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
}`;
}

function answering(folder: string, ports: number[]): string {
  const listen = ports.map((port) => `listen 127.0.0.1:${port} backlog=4096;`).join(' ');
  return `
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 10240; }
http {
  client_body_temp_path ${folder}/temp/b; proxy_temp_path ${folder}/temp/p; fastcgi_temp_path ${folder}/temp/f;
  uwsgi_temp_path ${folder}/temp/u; scgi_temp_path ${folder}/temp/s;
  access_log off; default_type text/plain;
  server { ${listen} location / { return 200 "${'x'.repeat(1024)}"; } }
}`;
}

function startNginx(text: (folder: string) => string, atEnd: (what: () => unknown) => void): void {
  const folder = makeFolder();
  mkdirSync(join(folder, 'temp'));
  writeFileSync(join(folder, 'nginx.conf'), text(folder));
  // In a session of its own, as ours is: the kernel shares the processors among sessions.
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    detached: true,
  });
  atEnd(async () => {
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await closed;
    rmSync(folder, { recursive: true, force: true });
  });
}

/** Requests per second over 64 keep-alive connections. */
function rate(port: number): Promise<number> {
  const url = `http://127.0.0.1:${port}/`;
  const child = spawn('wrk', ['-t1', '-c64', `-d${SECONDS}s`, '-H', 'Host: a.test', url]);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', () => {
      if (/Socket errors|Non-2xx/.test(text)) reject(new Error(text));
      else resolve(Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]));
    });
  });
}

/** Our rate divided by the other's, per pair of runs; who goes first alternates. */
export async function throughputRatios(): Promise<number[]> {
  const ends: (() => unknown)[] = [];
  const atEnd = (what: () => unknown): void => void ends.unshift(what);
  try {
    const upstreams = [await freePort(), await freePort(), await freePort()];
    const other = await freePort();
    startNginx((folder) => answering(folder, upstreams), atEnd);
    startNginx((folder) => byHand(folder, other, upstreams), atEnd);
    const bench = await makeBench(atEnd);
    const groups = { a: upstreams.map((port) => `127.0.0.1:${port}`) };
    const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups };
    await bench.nginx.start(bench.file(), routes, () => undefined, bench.signal);
    for (const port of [bench.http, other]) {
      await until(async () => (await get(port, 'a.test').catch(() => undefined))?.status === 200);
      await rate(port);
    }
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const first = await rate(round % 2 ? bench.http : other);
      const second = await rate(round % 2 ? other : bench.http);
      ratios.push(round % 2 ? first / second : second / first);
    }
    return ratios;
  } finally {
    for (const end of ends) await end();
  }
}

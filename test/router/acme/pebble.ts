// An authority of a test: Debian's pebble, its name server and the hook that makes DNS records there; all on loopback.

import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createAuthority, issueCertificate } from '../../../src/adapters/pki.ts';
import { until } from '../http.ts';
import { freePort, makeFolder } from '../nginx-bench.ts';

export interface Pebble {
  directory: string;
  /** PEM of who signed the directory's own certificate. */
  ca: string;
  /** URL to tell about DNS records, and what it was told. */
  hook: string;
  told: { action: string; name: string }[];
}

/** Where the authority looks: all names lead to 127.0.0.1, on this port. */
export async function startPebble(
  httpPort: number,
  teardown: (what: () => unknown) => void,
): Promise<Pebble> {
  const folder = makeFolder();
  const [dns, manage, listen, management] = await Promise.all([1, 2, 3, 4].map(() => freePort()));
  const dates = { notBefore: new Date(Date.now() - 1e7), notAfter: new Date(Date.now() + 1e9) };
  const ca = await createAuthority('pebble', dates.notBefore, dates.notAfter);
  const hosts = ['127.0.0.1', 'localhost'];
  const pair = await issueCertificate(ca, { commonName: 'localhost', hosts, ...dates });
  writeFileSync(join(folder, 'cert.pem'), pair.cert);
  writeFileSync(join(folder, 'key.pem'), pair.key);
  const pebble = {
    listenAddress: `127.0.0.1:${listen}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: join(folder, 'cert.pem'),
    privateKey: join(folder, 'key.pem'),
    httpPort,
    tlsPort: 1,
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ pebble }));
  const names = ['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', '-dns01', `127.0.0.1:${dns}`];
  const without = ['-http01', '', '-https01', '', '-tlsalpn01', ''];
  const children = [
    start('pebble-challtestsrv', [...names, ...without, '-management', `127.0.0.1:${manage}`]),
    start('pebble', ['-config', join(folder, 'config.json'), '-dnsserver', `127.0.0.1:${dns}`]),
  ];
  await until(() => accepts(listen!), 20_000);
  await until(() => accepts(manage!), 20_000);
  const told: Pebble['told'] = [];
  const hook = createServer((request, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const { action, name, value } = JSON.parse(text) as Record<string, string>;
      told.push({ action: action!, name: name! });
      const path = action === 'present' ? 'set-txt' : 'clear-txt';
      const body = JSON.stringify({ host: `${name}.`, value });
      await fetch(`http://127.0.0.1:${manage}/${path}`, { method: 'POST', body });
      response.end();
    })();
  }).listen(0, '127.0.0.1');
  teardown(() => {
    hook.close();
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await new Promise((resolve) => hook.once('listening', resolve));
  return {
    directory: `https://localhost:${listen}/dir`,
    ca: ca.cert,
    hook: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`,
    told,
  };
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => resolve(true));
  socket.on('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

function start(program: string, args: string[]): ChildProcess {
  const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '20' };
  return spawn(program, args, { env, stdio: 'ignore' });
}

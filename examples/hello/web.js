// A small web app: says who answers, which release runs, and takes its time when asked to.

import { createServer } from 'node:http';
import { hostname } from 'node:os';

const port = Number(process.env.PORT ?? 5000);
const release = process.env.DEIS_RELEASE ?? 'v0';
const greeting = process.env.GREETING ?? 'Hello';

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://hello');
  if (url.pathname === '/healthz') {
    response.end('ok\n');
    return;
  }
  if (url.pathname === '/slow') {
    const ms = Math.min(Number(url.searchParams.get('ms') ?? 1000), 60_000);
    setTimeout(() => response.end(`slept ${ms} ms in ${hostname()}\n`), ms);
    return;
  }
  if (url.pathname === '/env.json') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(process.env));
    return;
  }
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(
    `${greeting} from ${process.env.DEIS_CONTAINER ?? hostname()}, release ${release}\n`,
  );
});

server.keepAliveTimeout = 65_000;
server.listen(port, () => console.log(`web listens on ${port}`));

process.on('SIGTERM', () => {
  console.log('web stops: finishing open requests');
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

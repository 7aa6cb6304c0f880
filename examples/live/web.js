// Connections that live long: WebSockets that say back what they hear, and downloads as slow as wanted. It ends at once when it is
// told to, as careless apps do: what it is in the middle of then is for the platform to prevent.

import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { echo } from './echo.js';

const port = Number(process.env.PORT ?? 5000);
const release = process.env.DEIS_RELEASE ?? 'v0';
const LINE = 1024;

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://live');
  if (url.pathname === '/download') download(response, Number(url.searchParams.get('lines') ?? 10));
  else response.end(`release ${release} on ${hostname()}\n`);
});

/** Ten numbered lines of one kilobyte a second. */
function download(response, lines) {
  response.setHeader('content-type', 'text/plain');
  response.setHeader('content-length', lines * LINE);
  let sent = 0;
  const timer = setInterval(() => {
    if (sent === lines) response.end();
    else response.write(`${String(sent++).padEnd(LINE - 1, '.')}\n`);
  }, 100);
  response.on('close', () => clearInterval(timer));
}

server.on('upgrade', echo);
server.keepAliveTimeout = 65_000;
server.listen(port, () => console.log(`web listens on ${port}`));

process.on('SIGTERM', () => process.exit(0));

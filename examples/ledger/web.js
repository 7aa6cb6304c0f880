// A backing service: counts entries under names, for whoever posts them. It keeps them in memory, as this is about the way to it.

import { createServer } from 'node:http';

const entries = new Map();

const server = createServer((request, response) => {
  const name = new URL(request.url ?? '/', 'http://ledger').pathname.slice(1);
  if (request.method === 'POST') entries.set(name, (entries.get(name) ?? 0) + 1);
  const count = entries.get(name) ?? 0;
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify({ name, count })}\n`);
});

server.keepAliveTimeout = 65_000;
server.listen(Number(process.env.PORT ?? 5000), () => console.log('the ledger is open'));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

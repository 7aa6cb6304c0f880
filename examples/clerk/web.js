// An app that uses a backing service which another app provides. Where it is comes from config alone:
//   LEDGER_URL     http://ledger.books.example.com
//   LEDGER_PROXY   address of a router that leads there, where names are not resolved: 10.0.0.8 or 10.0.0.8:80
// Without LEDGER_URL there is no ledger, and the app says so.

import { createServer, request } from 'node:http';

const { LEDGER_URL, LEDGER_PROXY, DEIS_RELEASE = 'v0', PORT = '5000' } = process.env;

/** Posts one entry; resolves with what the ledger answers. */
function enter(name) {
  const url = new URL(name, `${LEDGER_URL.replace(/\/*$/, '')}/`);
  const [host = url.hostname, port = url.port || 80] = LEDGER_PROXY?.split(':') ?? [];
  const { promise, resolve, reject } = Promise.withResolvers();
  const sent = request(
    { host, port, path: url.pathname, method: 'POST', headers: { host: url.host }, timeout: 5000 },
    (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`the ledger answered ${answer.statusCode}`));
      });
      answer.on('error', reject);
    },
  );
  sent.on('timeout', () => sent.destroy(new Error('the ledger is silent')));
  sent.on('error', reject);
  sent.end();
  return promise;
}

const server = createServer(async (incoming, response) => {
  const say = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ release: DEIS_RELEASE, ...body })}\n`);
  };
  if (incoming.url === '/healthz') return say(200, {});
  if (!LEDGER_URL) return say(200, { ledger: 'none' });
  try {
    say(200, { ledger: await enter('visits') });
  } catch (error) {
    say(502, { ledger: 'unreachable', why: error.message });
  }
});

server.keepAliveTimeout = 65_000;
server.listen(Number(PORT), () => console.log('the clerk is in'));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

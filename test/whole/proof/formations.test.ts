// Two formations on machines: what the first never places, the second serves below its own domain; an app of the first uses a service
// of the second by config alone; the document and converge.

import { request } from 'node:http';
import t from 'tap';
import { ensureExampleImage } from '../../../src/cli/quick-start/example-image.ts';
import { keys } from '../../../src/registry/keys.ts';
import { appUnits, eventually, platform } from '../platform.ts';
import { openStore } from '../store.ts';

const on = await platform();
const { registry } = await openStore(on);
const DOMAIN = `books.${on.context.domain}`;
const [first, second, third] = on.context.machines;
if (!first || !second || !third) throw new Error('three machines are needed');

interface NodeRow {
  id: string;
  formation: string;
  layer: string;
  address: string;
  state: string;
}
const nodes = async (): Promise<NodeRow[]> =>
  JSON.parse(await on.mustDeisctl('nodes', 'list', '--json')) as NodeRow[];

const MADE = [
  () => on.deis('apps:destroy', '-a', 'clerk', '--confirm', 'clerk'),
  () => on.deis('apps:destroy', '-a', 'ledger', '--confirm', 'ledger'),
  () => on.deisctl('nodes', 'update', second.name, '--formation=default', '--layer=none'),
  () => on.deisctl('nodes', 'update', third.name, '--formation=default', '--layer=none'),
  () => on.deisctl('layers', 'destroy', 'books', 'runtime'),
  () => on.deisctl('layers', 'destroy', 'books', 'proxy'),
  () => on.deisctl('formations', 'destroy', 'books'),
];
t.teardown(async () => {
  for (const undo of MADE) await undo();
});

/** GET at one machine's router, by host name. */
function ask(ip: string, host: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: ip, port: 80, headers: { host }, agent: false }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += String(chunk)));
      answer.on('end', () => resolve({ status: answer.statusCode!, body }));
      answer.on('error', reject);
    });
    sent.setTimeout(10_000, () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end();
  });
}

async function deploy(app: string, example: string, ...more: string[]): Promise<void> {
  const image = await ensureExampleImage(on.root, on.name, first!.name, example, on.signal);
  await on.mustDeis('apps:create', app, '--no-remote', ...more);
  const line = `web: ${image.procfile['web']}`;
  await on.mustDeis('builds:create', image.reference, '-a', app, '-p', line);
}

t.test('a machine changes formation and layer by drain and label', async (t) => {
  await on.mustDeisctl('formations', 'create', 'books', `--domain=${DOMAIN}`);
  await on.mustDeisctl('layers', 'create', 'books', 'runtime');
  await on.mustDeisctl('layers', 'create', 'books', 'proxy');
  await on.mustDeisctl('nodes', 'update', second.name, '--formation=books', '--layer=runtime');
  await on.mustDeisctl('nodes', 'update', third.name, '--formation=books', '--layer=proxy');
  const rows = await nodes();
  t.match(
    rows.find(({ address }) => address === second.ip),
    { formation: 'books', layer: 'runtime' },
  );
  t.match(
    rows.find(({ address }) => address === third.ip),
    { formation: 'books', layer: 'proxy' },
  );
});

t.test('the second formation serves an app that the first never places', async (t) => {
  await deploy('ledger', 'ledger', '--formation=books');
  await deploy('clerk', 'clerk');
  await on.mustDeis('ps:scale', 'web=3', '-a', 'clerk');
  await on.mustDeis('ps:scale', 'web=2', '-a', 'ledger');
  const ledgers = await appUnits(on, 'ledger');
  t.equal(ledgers.length, 2);
  t.ok(
    ledgers.every(({ ip }) => ip === second.ip),
    'on its own runtime layer only',
  );
  const clerks = await appUnits(on, 'clerk');
  t.equal(clerks.length, 3);
  t.ok(
    clerks.every(({ ip }) => ip === first.ip),
    'and nobody else comes there',
  );

  await eventually('the formation’s router serves it', 60, async () => {
    return (await ask(third.ip, `ledger.${DOMAIN}`)).status === 200;
  });
  t.equal((await ask(third.ip, `clerk.${on.context.domain}`)).status, 404);
  t.equal((await ask(third.ip, `deis.${on.context.domain}`)).status, 404);
  t.equal((await ask(first.ip, `ledger.${DOMAIN}`)).status, 404);
  t.equal((await ask(first.ip, `ledger.${on.context.domain}`)).status, 404);
  t.equal((await ask(first.ip, `clerk.${on.context.domain}`)).status, 200);
});

t.test('a service of another formation: attached and detached by config alone', async (t) => {
  const clerk = async () =>
    JSON.parse((await on.get('clerk')).body) as { release: string; ledger: unknown };
  t.match(await clerk(), { release: 'v2', ledger: 'none' });
  const url = `LEDGER_URL=http://ledger.${DOMAIN}`;
  await on.mustDeis('config:set', url, `LEDGER_PROXY=${third.ip}`, '-a', 'clerk');
  t.match(await clerk(), { release: 'v3', ledger: { name: 'visits' } });
  const direct = JSON.parse((await ask(third.ip, `ledger.${DOMAIN}`)).body) as object;
  t.match(direct, { count: 0 });
  // Nothing else of that formation is open to the clerk's containers.
  const upstreams = await registry.list(keys.services, ['ledger'], on.signal);
  const [address = ''] = upstreams.items.map(({ value }) => value.trim());
  const probe = `const [h, p] = '${address}'.split(':'); require('net').connect({ host: h, port: +p, timeout: 3000 }).on('connect', () => { console.log('open'); process.exit() }).on('timeout', () => { console.log('closed'); process.exit() }).on('error', () => { console.log('closed'); process.exit() })`;
  const id = (await on.sh(1, 'docker ps -q --filter label=deis.app=clerk | head -n 1')).trim();
  t.equal((await on.sh(1, ['docker', 'exec', id, 'node', '-e', probe])).trim(), 'closed');
  await on.mustDeis('config:unset', 'LEDGER_URL', '-a', 'clerk');
  t.match(await clerk(), { release: 'v4', ledger: 'none' });
  await on.mustDeis('rollback', 'v3', '-a', 'clerk');
  t.match(await clerk(), { release: 'v5', ledger: { name: 'visits' } });
});

t.test('the document is stable text', async (t) => {
  const texts = await Promise.all(
    [1, 2, 3].map(() => on.mustDeisctl('formations', 'calculate', 'books')),
  );
  t.equal(new Set(texts).size, 1, 'same state, same bytes');
  const document = JSON.parse(texts[0]!) as Record<string, never>;
  t.match(document, {
    id: 'books',
    domain: DOMAIN,
    apps: { ledger: { domains: [`ledger.${DOMAIN}`], proxy: { nodes: [third.ip] } } },
  });
  t.strictSame(Object.keys(document['apps']!), ['ledger']);
});

t.test(
  'converge reports per node, runtime before proxy, and repairs a unit stopped by hand',
  async (t) => {
    const [unit] = await appUnits(on, 'ledger');
    await on.sh(second.name, ['systemctl', 'stop', unit!.unit]);
    const { code, stdout } = await on.deisctl('formations', 'converge', 'books');
    t.equal(code, 0, stdout);
    const lines = stdout.split('\n').filter((line) => /^\S+: (converged|repaired)/.test(line));
    t.strictSame(
      lines.map((line) => line.split(':')[0]),
      [second.name, third.name],
      'runtime before proxy',
    );
    const after = await appUnits(on, 'ledger');
    t.ok(after.every(({ active }) => active === 'active'));
    t.equal((await ask(third.ip, `ledger.${DOMAIN}`)).status, 200);
  },
);

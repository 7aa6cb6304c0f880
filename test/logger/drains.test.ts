// Drains: each line once over each transport, whatever is in it; a sick receiver is nobody else's trouble, and loses nothing.

import t from 'tap';
import { createAuthority, issueCertificate } from '../../src/adapters/pki.ts';
import { syslogSinks as sinks } from '../../src/adapters/syslog-sink.ts';
import { systemClock as clock } from '../../src/adapters/system-clock.ts';
import { forbiddenAddress } from '../../src/logger/drains/addresses.ts';
import { Drains } from '../../src/logger/drains/drains.ts';
import { syslogMessage } from '../../src/logger/drains/syslog.ts';
import type { LineStore } from '../../src/logger/store/store.ts';
import { parseDrainUrl } from '../../src/model/drain.ts';
import { quiet } from '../adapters/quiet-log.ts';
import { receive } from './receiver.ts';
import { Machine, folderFor, line, openStore } from './tools.ts';

const notBefore = new Date(Date.now() - 60_000);
const notAfter = new Date(Date.now() + 3600_000);
const authority = await createAuthority('test', notBefore, notAfter);
const pair = await issueCertificate(authority, {
  commonName: 'logs',
  hosts: ['127.0.0.1', 'localhost'],
  notBefore,
  notAfter,
});

const HOSTILE = [
  'plain',
  '',
  '2016-06-28T15:04:05UTC shop[web.1]: not of shop',
  '<14>1 2016-06-28T15:04:05Z ada shop web.1 - - not of shop',
  '12 <14>1 octets',
  'carriage\rreturn, nul\0 and \u001b[31mred',
  'žluťoučký 🐎',
  'x'.repeat(65_536),
];
const ESCAPED = HOSTILE.map((text) => text.replace('\r', '#015').replace('\0', '#000'));

async function until(what: string, check: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!check()) {
    if (Date.now() > end) throw new Error(`${what}: not within 15 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function drainsOf(store: LineStore, ca = authority.cert): Drains {
  const shared = { store, sinks, ca: () => ca, machines: () => new Set<string>() };
  return new Drains({ ...shared, clock, log: quiet }, store.drainsAtStart);
}

/** A platform drain: those of apps may not lead to this machine. */
const to = (url: string) => ({ id: '_platform', url });

for (const { transport, scheme, framing } of [
  { transport: 'udp', scheme: 'udp', framing: 'octet' },
  { transport: 'tcp', scheme: 'tcp', framing: 'newline' },
  { transport: 'tcp', scheme: 'syslog+tcp', framing: 'octet' },
  { transport: 'tls', scheme: 'syslog+tls', framing: 'octet' },
  { transport: 'tls', scheme: 'tls', framing: 'newline' },
] as const) {
  t.test(`${scheme}, ${framing}: every line once, as whose it is`, async (t) => {
    const store = await openStore(folderFor(t));
    const receiver = await receive({ transport, framing, tls: pair });
    const drains = drainsOf(store);
    const option = transport === 'udp' ? '' : `?framing=${framing}`;
    drains.set([to(`${scheme}://127.0.0.1:${receiver.port}${option}`)]);
    const ada = new Machine('ada');
    await store.accept(ada.batch(HOSTILE.map((text) => line(text))));
    await store.accept(ada.batch([line('sold', { app: 'shop', error: true, process: 'cmd.2' })]));
    t.equal(receiver.messages.length, 0, 'nothing is sent that a crash could take back');
    await store.checkpoint();
    await until('all messages', () => receiver.messages.length === HOSTILE.length + 1);
    await drains.close();
    const own = receiver.messages.filter(({ app }) => app === 'blog');
    const sent = transport === 'udp' ? ESCAPED.with(-1, `${'x'.repeat(65_000)}`) : ESCAPED;
    t.same(
      own.map(({ text }, index) =>
        index === 7 && transport === 'udp' ? text.slice(0, 65_000) : text,
      ),
      sent,
    );
    if (transport === 'udp') t.match(own[7]?.text, /x\.\.\.$/, 'too long for a datagram: cut');
    t.ok(
      own.every(
        ({ host, process, priority }) => host === 'ada' && process === 'web.1' && priority === 14,
      ),
    );
    const shop = receiver.messages.filter(({ app }) => app === 'shop');
    t.match(shop, [{ text: 'sold', priority: 11, process: 'cmd.2' }]);
    await store.close();
    await receiver.die();
  });
}

t.test('a dead and a frozen receiver hold up nobody, and get everything later', async (t) => {
  const folder = folderFor(t);
  const store = await openStore(folder);
  const [well, frozen, dead] = await Promise.all([
    receive({ transport: 'tcp' }),
    receive({ transport: 'tcp' }),
    receive({ transport: 'tcp' }),
  ]);
  const drains = drainsOf(store);
  drains.set(
    [well, frozen, dead].map(({ port }, index) => ({
      id: `d${index}`,
      url: `tcp://127.0.0.1:${port}`,
    })),
  );
  const ada = new Machine('ada');
  await store.accept(ada.batch([line('first')]));
  await store.checkpoint();
  await until('the first line', () =>
    [well, frozen, dead].every(({ messages }) => messages.length === 1),
  );
  frozen.freeze(true);
  // What was sent in the last second before a break may come twice.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await dead.die();
  const wanted = ['first'];
  for (let batch = 0; batch < 30; batch += 1) {
    const texts = Array.from({ length: 400 }, (_, index) => `${batch}-${index} ${'z'.repeat(500)}`);
    wanted.push(...texts);
    await store.accept(ada.batch(texts.map((text) => line(text))));
    await store.checkpoint();
  }
  await until('the well one to have all', () => well.messages.length === wanted.length);
  t.ok(frozen.messages.length < wanted.length && dead.messages.length === 1);
  await until('the dead one to be known', () => drains.reports(undefined)[2]?.state === 'failing');
  t.ok(drains.reports(undefined)[2]!.behind > 1_000_000);
  t.equal(drains.reports(undefined)[0]!.behind, 0);
  frozen.freeze(false);
  await dead.listen();
  await until('all to have all', () =>
    [frozen, dead].every(({ messages }) => messages.length >= wanted.length),
  );
  for (const { messages } of [well, frozen, dead]) {
    t.same(
      messages.map(({ text }) => text),
      wanted,
    );
  }
  await drains.close();
  await store.close();
  for (const receiver of [well, frozen, dead]) await receiver.die();
});

t.test('a restart in good order sends nothing twice and forgets nothing', async (t) => {
  const folder = folderFor(t);
  const receiver = await receive({ transport: 'tcp' });
  const ada = new Machine('ada');
  const wanted: string[] = [];
  for (let life = 0; life < 3; life += 1) {
    const running: { drains?: Drains } = {};
    const store: LineStore = await openStore(folder, {
      sent: () => running.drains?.sent() ?? store.drainsAtStart,
    });
    const drains = drainsOf(store);
    running.drains = drains;
    drains.set([to(`tcp://127.0.0.1:${receiver.port}`)]);
    const texts = Array.from({ length: 2000 }, (_, index) => `${life} ${index}`);
    wanted.push(...texts);
    await store.accept(ada.batch(texts.map((text) => line(text))));
    await store.checkpoint();
    // In the middle of it.
    await until('some', () => receiver.messages.length > life * 2000);
    await drains.close();
    await store.close();
  }
  const store = await openStore(folder);
  const drains = drainsOf(store);
  drains.set([to(`tcp://127.0.0.1:${receiver.port}`)]);
  await until('all', () => receiver.messages.length >= wanted.length);
  t.same(
    receiver.messages.map(({ text }) => text),
    wanted,
  );
  await drains.close();
  await store.close();
  await receiver.die();
});

t.test(
  'a new drain gets what comes from now on; what another logger sent is not sent again',
  async (t) => {
    const store = await openStore(folderFor(t));
    const receiver = await receive({ transport: 'tcp' });
    const ada = new Machine('ada');
    await store.accept(ada.batch([line('before')]));
    await store.checkpoint();
    const drains = drainsOf(store);
    drains.set([to(`tcp://127.0.0.1:${receiver.port}`)]);
    await store.accept(
      ada.batch([line('old', { old: true }), line('new'), line('other', { app: 'shop' })]),
    );
    await store.checkpoint();
    await until('two', () => receiver.messages.length === 2);
    t.same(receiver.messages.map(({ text }) => text).toSorted(), ['new', 'other']);
    drains.set([]);
    await store.accept(ada.batch([line('after')]));
    await store.checkpoint();
    await drains.close();
    t.equal(receiver.messages.length, 2);
    await store.close();
    await receiver.die();
  },
);

t.test('a receiver whose certificate does not fit gets nothing', async (t) => {
  const store = await openStore(folderFor(t));
  const receiver = await receive({ transport: 'tls', tls: pair });
  const drains = drainsOf(store, '');
  drains.set([to(`tls://127.0.0.1:${receiver.port}`)]);
  await store.accept(new Machine('ada').batch([line('secret')]));
  await store.checkpoint();
  await until('the refusal', () => drains.reports(undefined)[0]?.state === 'failing');
  t.match(drains.reports(undefined)[0]?.reason, /cannot be reached/);
  t.equal(receiver.messages.length, 0);
  await drains.close();
  await store.close();
  await receiver.die();
});

t.test('names of apps that are too long stay apart', async (t) => {
  const stored = {
    time: 1_700_000_000_123_456,
    machine: 'ada',
    process: 'web.1',
    release: 1,
    text: 'hello',
    error: false,
    old: false,
  };
  const names = ['a', 'b'].map((end) => `${'x'.repeat(62)}${end}`);
  const apps = names.map((app) => syslogMessage(app, stored).toString().split(' ')[3]!);
  t.ok(apps.every(({ length }) => length <= 48));
  t.not(apps[0], apps[1]);
  t.equal(
    syslogMessage('blog', stored).toString(),
    '<14>1 2023-11-14T22:13:20.123456Z ada blog web.1 - - hello',
  );
});

t.test('drains of apps may not lead to the platform itself', async (t) => {
  const machines = new Set(['10.77.0.11']);
  for (const address of [
    '127.0.0.1',
    '10.77.0.11',
    '::ffff:10.77.0.11',
    '::1',
    '169.254.169.254',
    '0.0.0.0',
    'fe80::1',
    '172.29.0.1',
  ]) {
    t.ok(forbiddenAddress(address, machines), address);
  }
  for (const address of ['10.77.0.1', '192.168.1.5', '8.8.8.8', '2001:db8::1']) {
    t.equal(forbiddenAddress(address, machines), undefined, address);
  }
});

t.test('URLs of drains', async (t) => {
  const target = (url: string) => parseDrainUrl(url);
  t.match(target('syslog+tls://logs.example.com'), {
    target: { transport: 'tls', port: 6514, framing: 'octet', verify: true },
  });
  t.match(target('syslog://10.0.0.1'), { target: { transport: 'udp', port: 514 } });
  t.match(target('tcp://[2001:db8::1]:601?framing=octet'), {
    target: { host: '2001:db8::1', port: 601, framing: 'octet' },
  });
  for (const url of [
    'http://a',
    'tcp://',
    'tcp://a:0',
    'tcp://a:99999',
    'tcp://a/b',
    'tcp://a b',
    'tcp://u:p@a:1',
    'udp://a?framing=octet',
    'tcp://a?verify=no',
    'tcp://-a',
    'constructor://a',
    `tcp://${'a'.repeat(600)}`,
  ]) {
    t.ok('problem' in target(url), url);
  }
});

// The pure parts of `deis`: arguments, addresses, remotes, lists, the .env file, error texts.

import { join } from 'node:path';
import t from 'tap';
import { errorText, versionWarning } from '../../../src/cli/client/answer.ts';
import {
  parseConfig,
  parseLimits,
  parseProcess,
  parseProcfile,
  parseScales,
  parseTags,
  parseVersion,
} from '../../../src/cli/client/arguments.ts';
import { controllerUrl, isLocalhost, remoteUrl } from '../../../src/cli/client/controller-url.ts';
import { envFileText, envFileWords } from '../../../src/cli/client/env-file.ts';
import {
  certLines,
  heading,
  limitLines,
  pairLines,
  processLines,
  releaseLines,
} from '../../../src/cli/client/lists.ts';
import { colouredLine } from '../../../src/cli/client/log-colours.ts';
import { detectApp, parseRemotes } from '../../../src/cli/client/remotes.ts';
import { sshKeyValue } from '../../../src/cli/client/ssh-key.ts';

void t.test('scale targets', async (t) => {
  t.strictSame(parseScales(['web=3', 'worker-2=0', 'Celery_worker=1']), {
    scales: { web: 3, 'worker-2': 0, Celery_worker: 1 },
  });
  for (const word of ['web', 'web=', 'web=-1', 'web=1.5', '=3', '9web=3', 'web=3x']) {
    t.match(parseScales([word]), { problem: String }, word);
  }
});

void t.test('config values may hold anything', async (t) => {
  const value = 'a=b "c" $d `e` %f {{g}} \\ \n ü';
  t.strictSame(parseConfig([`KEY=${value}`, '_x9=1']), { values: { KEY: value, _x9: '1' } });
  for (const word of ['KEY', 'KEY=', '9X=1', 'A-B=1', '=x', 'A B=1']) {
    t.match(parseConfig([word]), { problem: String }, word);
  }
});

void t.test('limits, tags, releases, processes', async (t) => {
  t.strictSame(parseLimits(['web=512M', 'worker=1GB', 'cron=200']), {
    limits: { web: '512M', worker: '1GB', cron: '200' },
  });
  for (const word of ['web=M', 'web', 'web=1T', 'web=1Mx'])
    t.match(parseLimits([word]), { problem: String });
  t.strictSame(parseTags(['rack=1']), { tags: { rack: '1' } });
  t.match(parseTags(['rack']), { problem: String });
  t.strictSame(parseVersion('v3'), { version: 3 });
  t.strictSame(parseVersion('12'), { version: 12 });
  for (const word of ['v0', '0', 'three', 'v3.1', ''])
    t.match(parseVersion(word), { problem: String });
  t.strictSame(parseProcess(undefined), { path: '' });
  t.strictSame(parseProcess('web'), { path: 'web/' });
  t.strictSame(parseProcess('web.2'), { path: 'web/2/' });
  for (const word of ['web.0', '../x', 'web.1.2', 'a/b'])
    t.match(parseProcess(word), { problem: String });
});

void t.test('a Procfile', async (t) => {
  const text = '# types\nweb: npm start -- --port $PORT\n\nworker: "node worker.js"\n';
  t.strictSame(parseProcfile(text), {
    procfile: { web: 'npm start -- --port $PORT', worker: 'node worker.js' },
  });
  t.match(parseProcfile('web'), { problem: String });
});

void t.test('addresses of a controller', async (t) => {
  const cases: [string, string | undefined][] = [
    ['deis.example.com', 'http://deis.example.com'],
    ['deis.example.com:8080', 'http://deis.example.com:8080'],
    ['https://deis.example.com/v1/', 'https://deis.example.com'],
    ['http://', undefined],
    ['http://user@host', undefined],
    ['not a host', undefined],
  ];
  for (const [typed, url] of cases) t.equal(controllerUrl(typed), url, typed);
  t.equal(remoteUrl('http://deis.x.com:8080', 'hello'), 'ssh://git@deis.x.com:2222/hello.git');
  t.equal(remoteUrl('http://deis.x.com', 'a', 2223), 'ssh://git@deis.x.com:2223/a.git');
  t.ok(isLocalhost('deis.paas.localhost'));
  t.notOk(isLocalhost('localhost.example.com'));
});

void t.test('which app a directory belongs to', async (t) => {
  const remotes = [
    'origin\tgit@github.com:me/project.git (fetch)',
    'deis\tssh://git@deis.paas.localhost:2222/hello.git (fetch)',
    'deis\tssh://git@deis.paas.localhost:2222/hello.git (push)',
    'odd',
  ].join('\n');
  t.equal(detectApp(remotes, 'deis.paas.localhost', '/src/project'), 'hello');
  t.equal(detectApp(remotes, 'deis.other.com', '/src/My-Project'), 'my-project');
  t.equal(detectApp(undefined, 'x', '/src/Thing'), 'thing');
  t.strictSame(parseRemotes(remotes)[0], { name: 'origin', host: 'github.com', app: 'project' });
});

void t.test('lists in the shapes of the original', async (t) => {
  t.equal(heading('Apps', 2, 9), '=== Apps (2 of 9)');
  t.equal(heading('Apps', 2, 2), '=== Apps');
  const container = (type: string, num: number, state = 'up') => ({
    type,
    num,
    state,
    release: 'v2',
  });
  t.strictSame(
    processLines([container('worker', 1), container('web', 10), container('web', 2, 'crashed')]),
    ['--- web:', 'web.2 crashed (v2)', 'web.10 up (v2)', '--- worker:', 'worker.1 up (v2)'],
  );
  t.strictSame(pairLines({ LONGER: 'b', A: '1' }), ['A           1', 'LONGER      b']);
  t.strictSame(limitLines({ memory: { web: '512M' }, cpu: {} }), [
    '--- Memory',
    'web     512M',
    '',
    '--- CPU',
    'Unlimited',
  ]);
  const release = { uuid: '', owner: '', config: '', build: null, updated: '' };
  t.strictSame(
    releaseLines([
      { ...release, version: 10, created: '2026-01-02T00:00:00UTC', summary: 'me deployed abc' },
      { ...release, version: 9, created: '2026-01-01T00:00:00UTC', summary: 'me changed nothing' },
    ]),
    [
      'v10\t2026-01-02T00:00:00UTC\tme deployed abc',
      'v9\t2026-01-01T00:00:00UTC\tme changed nothing',
    ],
  );
  t.strictSame(certLines([{ common_name: 'www.example.com', expires: '2026-01-02T00:00:00UTC' }]), [
    'Common Name         Expires',
    '---------------     ----------------------',
    'www.example.com     2026-01-02T00:00:00UTC',
  ]);
});

void t.test('SSH_KEY is sent as base64, from a file or as it is given', async (t) => {
  const pem = '-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n';
  const wanted = Buffer.from(pem).toString('base64');
  const file = join(t.testdir({ id_rsa: pem, notes: 'a diary' }), 'id_rsa');
  t.equal(await sshKeyValue(file), wanted);
  t.equal(await sshKeyValue(pem), wanted);
  t.equal(await sshKeyValue(wanted), wanted, 'what config:pull wrote can be pushed again');
  for (const wrong of ['secret words', join(file, '../notes'), 'x'.repeat(9000), 'a\0b', '/tmp']) {
    await t.rejects(sshKeyValue(wrong), { code: 'invalid' }, JSON.stringify(wrong.slice(0, 20)));
  }
  const refused = await sshKeyValue('secret words').catch(String);
  t.notMatch(refused, /secret words/, 'what may be a key is not repeated');
});

void t.test('the .env file carries every value there and back', async (t) => {
  const values = {
    PLAIN: 'a=b # c',
    LINES: 'one\ntwo\r\n"three" \\n',
    QUOTED: '"x"',
    SPACES: ' x ',
    SINGLE: "'x'",
    BACK: 'C:\\new',
    DOLLAR: '$HOME `id` {{x}} %s ü',
  };
  const text = envFileText(values);
  t.equal(text.split('\n').length, Object.keys(values).length + 1, 'a line per value');
  t.strictSame(parseConfig(envFileWords(text)), { values });
  t.strictSame(envFileWords('# no\n\nexport A=1\nB="two words"\nC=\'x\'\nlast=no-newline'), [
    'A=1',
    'B=two words',
    'C=x',
    'last=no-newline',
  ]);
});

void t.test('what the server said', async (t) => {
  t.equal(
    errorText('400 BAD REQUEST', '{"id":["This field must be unique."],"detail":"x"}'),
    '\n400 BAD REQUEST\nid: This field must be unique.\ndetail: x',
  );
  t.equal(
    errorText('502 Bad Gateway', '<html><body><h1>502</h1>nginx</body></html>'),
    '\n502 Bad Gateway\n502 nginx',
  );
  t.equal(errorText('503 SERVICE UNAVAILABLE', ''), '\n503 SERVICE UNAVAILABLE');
  t.equal(versionWarning('1.7'), undefined);
  t.match(versionWarning('1.8'), /WARNING.*\n.*1\.7\n.*1\.8/);
});

void t.test('log lines: one colour per process, text untouched', async (t) => {
  const line = '2026-01-01T00:00:00UTC hello[web.1]: GET / : 200';
  t.equal(colouredLine(line, false), line);
  const coloured = colouredLine(line, true);
  const codes = coloured.split('\u001b').slice(1);
  t.match(codes[0], /^\[3\dm2026-01-01T00:00:00UTC hello\[web\.1\]:$/);
  t.equal(codes[1], '[0m GET / : 200');
  t.equal(colouredLine('no prefix', true), 'no prefix');
});

// [X-Deis] of platform units, and the words of a command.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parsePlatformUnit, withTag } from '../../src/model/platform-unit.ts';
import { parseUnitFile } from '../../src/model/unit-file.ts';
import { splitWords } from '../../src/model/words.ts';

const MACHINE = { id: '0123456789abcdef0123456789abcdef', name: 'm-1', ip: '10.0.0.1' };

function parse(lines: string, name = 'deis-thing@2.service') {
  const file = parseUnitFile(`[X-Deis]\n${lines}\n`);
  if ('problem' in file) throw new Error(file.problem);
  return parsePlatformUnit(name, file.options, MACHINE);
}

void t.test('every option', async (t) => {
  const parsed = parse(`Image=deis/platform
Command=/opt/deis/bin/deisd thing %n --name "\${MACHINE_NAME} x"
Network=host
Publish=80:8080
Publish=10.0.0.1:443:8443
Volume=/var/lib/deis/thing:/data
Volume=/etc/machine-id:/etc/machine-id:ro
Environment=ADDRESS=\${MACHINE_IP}:1
Environment=EMPTY=
Capability=CAP_NET_ADMIN
StopTimeout=30
DrainTimeout=900
OnDisconnect=stop
Route=deis-thing
Port=8000
HealthPath=/healthz`);
  t.strictSame(parsed, {
    unit: {
      drainTimeout: 900,
      container: {
        unit: 'deis-thing@2.service',
        name: 'deis-thing.2',
        image: 'deis/platform:latest',
        command: ['/opt/deis/bin/deisd', 'thing', 'deis-thing@2.service', '--name', 'm-1 x'],
        environment: { ADDRESS: '10.0.0.1:1', EMPTY: '' },
        app: '',
        process: '',
        release: 0,
        network: 'host',
        ports: [
          { hostIp: '', host: 80, container: 8080 },
          { hostIp: '10.0.0.1', host: 443, container: 8443 },
        ],
        volumes: [
          { source: '/var/lib/deis/thing', target: '/data', readOnly: false },
          { source: '/etc/machine-id', target: '/etc/machine-id', readOnly: true },
        ],
        capabilities: ['NET_ADMIN'],
        stopTimeout: 30,
      },
      route: {
        app: 'deis-thing',
        port: 8000,
        check: { initialDelay: 0, timeout: 2, interval: 2, failures: 2, path: '/healthz' },
      },
    },
  });
});

void t.test('what is wrong is named', async (t) => {
  const cases: [string, RegExp][] = [
    ['Imgae=x', /unknown option Imgae=/],
    ['Image=x y', /Image= of .* must be an image reference/],
    ['Network=none', /must be host or bridge/],
    ['Volume=data:/data', /must be \/source/],
    ['Environment=novalue', /must be NAME=value/],
    ['Publish=80', /must be \[address:\]host port/],
    ['StopTimeout=soon', /must be seconds/],
    ['Port=70000', /must be a port/],
    ['HealthPath=healthz', /must start with/],
    ['Route=deis-x', /has Route= but no Port=/],
    ['Command=a "b', /has an open "/],
  ];
  for (const [line, problem] of cases) t.match(parse(line), { problem }, line);
});

void t.test('memory of the container is that of the unit', async (t) => {
  const options = [
    { section: 'X-Deis', name: 'Image', value: 'a:1' },
    { section: 'Service', name: 'MemoryMax', value: '64M' },
  ];
  const parsed = parsePlatformUnit('a.service', options, MACHINE);
  t.match(parsed, { unit: { container: { memory: 64 * 2 ** 20, name: 'a' } } });
});

void t.test('a unit without an image is for systemd alone', async (t) => {
  t.strictSame(parsePlatformUnit('a.service', [], MACHINE), { unit: {} });
});

void t.test('all units of the platform are understood', async (t) => {
  const folder = join(import.meta.dirname, '../../units');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.service'))) {
    const parsed = parseUnitFile(readFileSync(join(folder, file), 'utf8'));
    if ('problem' in parsed) throw new Error(parsed.problem);
    const name = file.replace('@.', '@1.');
    t.match(parsePlatformUnit(name, parsed.options, MACHINE), { unit: { container: {} } }, file);
  }
});

void t.test('an image always has a tag or a digest', async (t) => {
  t.equal(withTag('localhost:5000/a'), 'localhost:5000/a:latest');
  t.equal(withTag('a:1'), 'a:1');
  t.equal(withTag('b/a@sha256:00'), 'b/a@sha256:00');
});

void t.test('words', async (t) => {
  const cases: [string, string[]][] = [
    ['', []],
    ['  a  b\t', ['a', 'b']],
    [`'a b' "c d"e ''`, ['a b', 'c de', '']],
    [`"a\\"b" 'c\\' d\\ e`, ['a"b', 'c\\', 'd e']],
  ];
  for (const [line, words] of cases) t.strictSame(splitWords(line), { words }, line);
  t.match(splitWords('a\\'), { problem: /backslash/ });
  t.match(splitWords("it's"), { problem: /open '/ });
});

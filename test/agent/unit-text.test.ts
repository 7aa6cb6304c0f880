// Unit files as systemd gets them: exact text, nothing that a name or value could inject, and systemd's own verdict on each kind.

import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { fileTemplates } from '../../src/adapters/templates.ts';
import { renderUnit, type UnitTextInput } from '../../src/agent/unit-text.ts';
import type { ContainerSpec } from '../../src/model/container-spec.ts';
import { parsePlatformUnit } from '../../src/model/platform-unit.ts';
import { parseUnitFile } from '../../src/model/unit-file.ts';
import type { UnitOption } from '../../src/model/unit.ts';

const MACHINE = { id: '0123456789abcdef0123456789abcdef', name: 'm-1', ip: '10.0.0.1' };

const CONTAINER: ContainerSpec = {
  unit: 'hello_v3.web.1.service',
  name: 'hello_v3.web.1',
  image: '127.0.0.1:5555/hello@sha256:0123',
  command: null,
  environment: { SECRET: 'never shown' },
  app: 'hello',
  process: 'web.1',
  release: 3,
  network: 'bridge',
  ports: [],
  volumes: [],
  capabilities: [],
  stopTimeout: 10,
};

const APP: UnitTextInput = {
  unit: {
    name: 'hello_v3.web.1.service',
    kind: 'app',
    options: [
      { section: 'X-Fleet', name: 'MachineMetadata', value: 'role=app' },
      { section: 'X-Deis', name: 'OnDisconnect', value: 'stop' },
    ],
  },
  container: CONTAINER,
  systemd: 252,
};

const optionsOf = (text: string): UnitOption[] => {
  const parsed = parseUnitFile(text);
  if ('problem' in parsed) throw new Error(`${parsed.problem} in line ${parsed.line}`);
  return parsed.options;
};

const one = (text: string, section: string, name: string): string | undefined =>
  optionsOf(text).find((option) => option.section === section && option.name === name)?.value;

void t.test('an app unit', async (t) => {
  const text = renderUnit(APP, fileTemplates);
  t.strictSame(
    optionsOf(text).map(({ section, name, value }) => `${section} ${name}=${value}`),
    [
      'Unit Description=hello v3 web.1',
      'Unit After=docker.service',
      'Unit Before=deis-drain.service',
      'Unit StartLimitIntervalSec=0',
      'Service Type=notify',
      'Service NotifyAccess=all',
      'Service ExecStart=/opt/deis/libexec/waiter %n',
      'Service Restart=always',
      'Service RestartSec=100ms',
      'Service TimeoutStartSec=infinity',
      'Service TimeoutStopSec=25',
      'Service KillMode=mixed',
      'Service LogExtraFields=DEIS_UNIT=%n',
      'Service OOMScoreAdjust=-500',
      'X-Deis App=hello',
      'X-Deis Process=web.1',
      'X-Deis Release=3',
      'X-Deis Image=127.0.0.1:5555/hello@sha256:0123',
      'X-Deis OnDisconnect=stop',
      'X-Fleet MachineMetadata=role=app',
    ],
  );
  t.notMatch(text, /never shown|SECRET/);
});

void t.test('what the host does not know yet is left out', async (t) => {
  t.equal(one(renderUnit(APP, fileTemplates), 'Service', 'RestartMode'), undefined);
  const newer = renderUnit({ ...APP, systemd: 254 }, fileTemplates);
  t.equal(one(newer, 'Service', 'RestartMode'), 'direct');
});

void t.test('a platform unit keeps its lines and gets the part of the container', async (t) => {
  const options = optionsOf(
    '[Unit]\nDescription=A thing %i\n[X-Deis]\nImage=a:1\nStopTimeout=30\n[Service]\nMemoryMax=64M\n',
  );
  const parsed = parsePlatformUnit('deis-thing@1.service', options, MACHINE);
  if ('problem' in parsed) throw new Error(parsed.problem);
  const unit = { name: 'deis-thing@1.service', kind: 'platform' as const, options };
  const container = parsed.unit.container!;
  const text = renderUnit({ unit, container, systemd: 252 }, fileTemplates);
  t.equal(one(text, 'Unit', 'Description'), 'A thing %i');
  t.equal(one(text, 'Unit', 'After'), 'docker.service');
  t.equal(one(text, 'Service', 'TimeoutStopSec'), '45');
  t.equal(one(text, 'Service', 'MemoryMax'), '64M');
  t.equal(one(text, 'X-Deis', 'StopTimeout'), '30');
});

void t.test(
  'a unit with its own ExecStart, and every foreign unit, stay as they are',
  async (t) => {
    const text = '[Service]\nExecStart=/bin/sleep 1\n\n[X-Deis]\nImage=a:1\n';
    for (const kind of ['platform', 'foreign'] as const) {
      const unit = { name: 'a.service', kind, options: optionsOf(text) };
      t.equal(renderUnit({ unit, container: CONTAINER, systemd: 252 }, fileTemplates), text);
    }
  },
);

const injections = fc
  .array(fc.constantFrom('\n', '\r\n', '\\', '[Service]', 'ExecStart=/bin/evil', '%n', '#', ' '))
  .map((parts) => parts.join(''));

void t.test('no text can add a line or a specifier', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), injections), (evil) => {
      const container = { ...CONTAINER, process: evil, image: `${evil}:1`, app: `a${evil}` };
      const text = renderUnit({ ...APP, container }, fileTemplates);
      const names = optionsOf(text).map(({ section, name }) => `${section} ${name}`);
      const plain = optionsOf(renderUnit(APP, fileTemplates));
      return (
        names.join() === plain.map(({ section, name }) => `${section} ${name}`).join() &&
        !/(?<!%)(?:%%)*%[^%]/.test(one(text, 'Unit', 'Description')!)
      );
    }),
  );
});

/** What systemd-analyze has to say of a unit file; the waiter's path is not there on every host. */
function verdict(folder: string, name: string, text: string): string {
  const waiter = join(folder, 'waiter');
  writeFileSync(waiter, '#!/bin/sh\n');
  chmodSync(waiter, 0o755);
  const path = join(folder, name);
  writeFileSync(path, text.replaceAll('/opt/deis/libexec/waiter', waiter));
  try {
    execFileSync('systemd-analyze', ['verify', '--man=no', path], { stdio: 'pipe' });
    return '';
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr);
  }
}

void t.test('systemd accepts every kind', async (t) => {
  const folder = t.testdir({});
  t.match(verdict(folder, 'bad.service', '[Service]\nExecStart=\n'), /bad.service/, 'it does look');
  t.equal(verdict(folder, APP.unit.name, renderUnit(APP, fileTemplates)), '');
  const units = join(import.meta.dirname, '../../units');
  for (const file of readdirSync(units).filter((name) => name.endsWith('.service'))) {
    const name = file.replace('@.', '@1.');
    const options = optionsOf(readFileSync(join(units, file), 'utf8'));
    const parsed = parsePlatformUnit(name, options, MACHINE);
    if ('problem' in parsed) throw new Error(parsed.problem);
    const unit = { name, kind: 'platform' as const, options };
    const input = { unit, systemd: 252, container: parsed.unit.container! };
    t.equal(verdict(folder, name, renderUnit(input, fileTemplates)), '', name);
  }
});

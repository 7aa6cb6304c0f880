// The linter holds the floors: each bad import, planted into a copy of the rules, is refused with the sentence that says why.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';

const root = dirname(import.meta.dirname);

interface Plant {
  file: string;
  code: string;
  /** The rule's own words; absent: it is fine. */
  says?: RegExp;
}

const importing = (from: string): string => `import { x } from '${from}';\nexport const y = x;\n`;

const PLANTS: Plant[] = [
  { file: 'model/up.ts', code: importing('../ports/store.ts'), says: /floor 0/ },
  { file: 'model/disk.ts', code: importing('node:fs'), says: /floor 0/ },
  {
    file: 'model/clock.ts',
    code: 'export const now = (): number => Date.now();\n',
    says: /no clock/,
  },
  {
    file: 'router/plan.ts',
    code: 'export const dice = (): number => Math.random();\n',
    says: /no dice/,
  },
  { file: 'ports/up.ts', code: importing('../registry/keys.ts'), says: /floor 1/ },
  { file: 'registry/technology.ts', code: importing('../adapters/etcd.ts'), says: /floor 2/ },
  { file: 'daemon/sideways.ts', code: importing('../registry/keys.ts'), says: /floor 2/ },
  { file: 'adapters/up.ts', code: importing('../agent/agent.ts'), says: /floor 2/ },
  { file: 'adapters/deep/up.ts', code: importing('../../registry/keys.ts'), says: /floor 2/ },
  { file: 'agent/sideways.ts', code: importing('../scheduler/plan.ts'), says: /another service/ },
  {
    file: 'agent/api/sideways.ts',
    code: importing('../../router/view.ts'),
    says: /another service/,
  },
  { file: 'controller/up.ts', code: importing('../cli/base.ts'), says: /another service/ },
  { file: 'fleet/sideways.ts', code: importing('../agent/plan.ts'), says: /another service/ },
  { file: 'scheduler/main.ts', code: importing('../main.ts'), says: /another service/ },
  {
    file: 'doctor/checks/looking.ts',
    code: importing('../../adapters/etcd.ts'),
    says: /judges facts/,
  },
  {
    file: 'doctor/clock.ts',
    code: 'export const now = (): number => Date.now();\n',
    says: /no clock/,
  },
  { file: 'agent/patient.ts', code: importing('../doctor/facts.ts'), says: /another service/ },
  { file: 'doctor/fine.ts', code: importing('../registry/keys.ts') },
  { file: 'model/fine.ts', code: importing('./other.ts') },
  { file: 'ports/fine.ts', code: importing('../model/unit.ts') },
  { file: 'adapters/fine.ts', code: importing('../ports/store.ts') },
  { file: 'agent/fine.ts', code: importing('../adapters/etcd.ts') },
  { file: 'agent/api/fine.ts', code: importing('../../registry/keys.ts') },
  { file: 'cli/fine.ts', code: importing('../machines/opt.ts') },
];

/** Messages of the linter by planted file. */
function lint(folder: string): Map<string, string[]> {
  const bin = join(root, 'node_modules', '.bin', 'oxlint');
  let output: string;
  try {
    output = execFileSync(bin, ['--format=json', 'src'], { cwd: folder, encoding: 'utf8' });
  } catch (error) {
    // It ends with 1 when it has something to say.
    output = (error as { stdout: string }).stdout;
  }
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: { message: string; help?: string; filename: string }[];
  };
  const found = new Map<string, string[]>();
  for (const { message, help = '', filename } of diagnostics) {
    const file = filename.replace(/^.*?src\//, '');
    found.set(file, [...(found.get(file) ?? []), `${message} ${help}`]);
  }
  return found;
}

t.test('bad imports are refused, good ones are not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'deis-floors-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, code } of PLANTS) {
    const path = join(folder, 'src', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  const found = lint(folder);
  for (const { file, says } of PLANTS) {
    const messages = (found.get(file) ?? []).join('\n');
    if (says) t.match(messages, says, `${file} is refused`);
    else t.equal(messages, '', `${file} is fine`);
  }
});

// Completion as a person at a bash prompt meets it; and the words of `deis run`.

import { spawnSync } from 'node:child_process';
import t from 'tap';
import { completionScript } from '../../src/cli/completion.ts';
import { parseKey, shortKey } from '../../src/cli/client/public-keys.ts';
import { protectCommand } from '../../src/cli/client/run-words.ts';

const COMMANDS = [
  {
    names: ['apps:create', 'create'],
    summary: "Create an app, don't wait.",
    flags: [{ name: 'app', char: 'a', summary: 'The app.', takesValue: true }],
  },
  {
    names: ['ps:scale', 'scale'],
    summary: 'Scale.',
    flags: [{ name: 'json', summary: 'JSON.', takesValue: false }],
  },
];

function completed(typed: string): string {
  const script = `${completionScript('bash', 'deis', COMMANDS)}
deis() { echo '=== Apps'; echo hello; echo other; }
COMP_LINE=$1; COMP_POINT=\${#1}; _deis_complete; echo "\${COMPREPLY[*]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', typed], { encoding: 'utf8' });
  t.equal(stderr, '');
  return stdout.trim();
}

t.test('bash completes commands, also after a colon, options and apps', async (t) => {
  t.equal(completed('deis '), 'apps:create create ps:scale scale');
  t.equal(completed('deis cr'), 'create');
  t.equal(completed('deis apps:'), 'create', 'bash has divided the word at the colon');
  t.equal(completed('deis scale --'), '--json');
  t.equal(completed('deis create -a h'), 'hello');
  t.equal(completed('deis create x'), '');
});

t.test('no text of a command ends a quotation of the scripts', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = completionScript(shell, 'deis', COMMANDS).replace(/^#.*$/gm, '');
    t.equal((script.match(/'/g) ?? []).length % 2, 0, shell);
  }
});

t.test('the words after the first that is no option are the command’s', async (t) => {
  const cases: [string, string][] = [
    ['run ls -la', 'run -- ls -la'],
    ['run -a blog ls --help', 'run -a blog -- ls --help'],
    ['apps:run -t --app=blog bash', 'apps:run -t --app=blog -- bash'],
    ['run -- ls -a x', 'run -- ls -a x'],
    ['run --help', 'run --help'],
    ['logs -t', 'logs -t'],
  ];
  for (const [typed, arranged] of cases) {
    t.equal(protectCommand(typed.split(' ')).join(' '), arranged);
  }
});

t.test('public keys: their name is their comment, else their file', async (t) => {
  t.match(parseKey('id.pub', 'ssh-ed25519 AAAAC3Nz ada@laptop x\n'), { id: 'ada@laptop x' });
  t.match(parseKey('id.pub', 'ecdsa-sha2-nistp256 AAAA='), { id: 'id' });
  for (const text of ['', 'hello', 'ssh-rsa', '-----BEGIN OPENSSH PRIVATE KEY-----']) {
    t.equal(parseKey('id', text), undefined, text);
  }
  t.equal(shortKey(`ssh-rsa ${'A'.repeat(40)} ada@laptop`), 'ssh-rsa AAAAAAAA...ada@laptop');
});

// Our client against our controller over a pretend cluster: an app's life, as one user types it.

import t from 'tap';
import { setUp } from '../../controller/api.ts';
import { deisProgram } from './deis.ts';

// Many processes are started, and the box may be busy.
t.setTimeout(120_000);

void t.test('an app’s life', { timeout: 120_000 }, async (t) => {
  const program = await deisProgram();
  t.teardown(() => program.remove());
  const { first } = await setUp(t);
  const home = t.testdir({});
  const address = `http://deis.paas.localhost:${first.port}`;
  const types = async (line: string, stdin = ''): Promise<string> => {
    const { status, stdout, stderr } = await program.run(words(line), { home, stdin });
    return status === 0 && stderr === '' ? stdout : `${status}: ${stderr}${stdout}`;
  };

  t.equal(
    await types(`register ${address} --username=alice --email=a@x.com`, 'secret-1\n'),
    'Registered alice\nLogged in as alice\n',
  );
  t.equal(await types('apps'), '=== Apps\n');
  t.match(await types('create hello'), /^Creating Application\.\.\. done, created hello\n/);
  t.match(await types('create hello'), /^1: Error: \n400 BAD REQUEST\nid: .*unique/);
  t.equal(await types('apps'), '=== Apps\nhello\n');
  t.match(await types('info -a hello'), /^=== hello Application\n[\s\S]*owner: +alice\n/);

  t.match(await types('pull repo/hello:1 -a hello -p web:~sleep~1'), /done\n$/);
  t.equal(
    await types('scale web=2 -a hello').then(lastLines(3)),
    '--- web:\nweb.1 up (v2)\nweb.2 up (v2)\n',
  );
  t.match(await types('scale nope=2 -a hello'), /^1: .*\n400 BAD REQUEST\n/);
  t.match(
    await types('config:set A=b=c DEBUG=1 -a hello'),
    /done, v3\n\n=== hello Config\nA          b=c\nDEBUG      1\n$/,
  );
  t.match(
    await types('config:unset DEBUG -a hello'),
    /done, v4\n\n=== hello Config\nA      b=c\n$/,
  );
  t.match(await types('limits:set web=64M -a hello'), /--- Memory\nweb     64M\n/);
  t.match(await types('limits:set -c web=512 -a hello'), /--- CPU\nweb     512\n/);
  t.match(await types('limits:unset web -a hello'), /--- Memory\nUnlimited\n/);
  t.match(await types('tags -a hello'), /^=== hello Tags\n$/);
  t.match(
    await types('ps:restart web.1 -a hello'),
    /done in \d+s\n=== hello Processes\n--- web:\nweb\.1 up/,
  );
  t.match(
    await types('releases -a hello'),
    /^=== hello Releases\nv7\t.*\n[\s\S]*v1\t.*alice created initial release\n$/,
  );
  t.match(await types('releases:info 2 -a hello'), /^=== hello Release v2\n/);
  t.equal(await types('rollback v2 -a hello'), 'Rolling back to v2... done, v8\n');
  t.equal(await types('config -a hello'), '=== hello Config\n');
  t.match(await types('builds -a hello'), /^=== hello Builds\n[0-9a-f-]{36} \S+\n$/);
  t.match(await types('users'), /^1: Error: \n403 FORBIDDEN\n/, 'the first user was another');
  t.match(await types('logs -a hello'), /^(\d{4}-\S+ hello\[deis-controller\]: .*\n)+$/);

  t.equal(await types('auth:regenerate'), 'Token Regenerated\n');
  t.equal(await types('whoami'), `You are alice at ${address}\n`);
  t.equal(
    await types('passwd --new-password=secret-2', 'secret-1\n'),
    'Password change succeeded.\n',
  );
  t.equal(await types(`login ${address} --username=alice`, 'secret-2\n'), 'Logged in as alice\n');
  t.match(
    await types('auth:cancel --yes', 'secret-2\n'),
    /^1: .*\n409 CONFLICT\n/,
    'still owns an app',
  );
  t.match(
    await types('destroy -a hello --confirm=hello'),
    /^Destroying hello\.\.\.\ndone in \d+s\n$/,
  );
  t.equal(await types('apps'), '=== Apps\n');
  t.equal(await types('auth:cancel --yes', 'secret-2\n'), 'Account cancelled\n');
  t.match(await types('whoami'), /Not logged in/);
});

function lastLines(count: number): (text: string) => string {
  return (text) =>
    text
      .split('\n')
      .slice(-count - 1)
      .join('\n');
}

/** `~` stands for a space within a word. */
function words(line: string): string[] {
  return line.split(' ').map((word) => word.replaceAll('~', ' '));
}

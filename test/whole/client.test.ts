// Every command of `deis` once, against a real platform, judged by what it prints and how it ends.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import t from 'tap';
import { COMMANDS } from '../../src/cli/deis/index.ts';
import { person } from './client-session.ts';
import { platform } from './platform.ts';

const on = await platform();
const DOMAIN = 'www.client-test.example';
const url = `http://deis.${on.context.domain}:${on.context.doors.http}`;

t.test('a session that uses every command', async (t) => {
  const ada = await person(t, on, DOMAIN);
  const { types } = ada;
  const at = '-a client-a';

  // What a run that was broken off left behind.
  await on.deis('apps:destroy', '-a', 'client-a', '--confirm=client-a');
  await on.deis('auth:cancel', '--username=client-bob', '--yes');

  await types('whoami', 0, /^You are admin at http:\/\/deis\./);
  await types('auth:register nowhere.invalid --username=x --password=y', 1, /does not answer/);
  const bob = '--username=client-bob --password=first';
  await types(
    `register ${url} ${bob} --email=bob@example.com --profile bob`,
    0,
    /Registered client-bob\nLogged in as client-bob/,
  );
  await types('auth:whoami --profile=bob --json', 0, /"username": "client-bob"/);
  await types(
    'passwd --password=first --new-password=second --profile=bob',
    0,
    /Password change succeeded/,
  );
  await types('auth:regenerate --profile=bob', 0, /Token Regenerated/);
  await types(`login ${url} ${bob} --profile=bob`, 1, /400 BAD REQUEST\nnon_field_errors: Unable/);
  await types('users', 0, /=== Users\n[^]*client-bob/);

  await types(
    'keys:add',
    0,
    /Uploading id_ed25519.pub to deis... done\n[^]*1\) id_ed25519.pub ada@laptop/,
    {
      stdin: '1\n',
    },
  );
  await types('keys', 0, /=== admin Keys\nada@laptop +ssh-ed25519 AAAA\.\.\.ada@laptop/);
  await types('keys:remove ada@laptop', 0, /Removing ada@laptop SSH Key... done/);

  await types(
    'create client-a',
    0,
    /Creating Application... done, created client-a\nGit remote deis added\nremote available at ssh:/,
  );
  await types(
    'git:remote -r again',
    0,
    /Git remote again added\nremote available at ssh:.*client-a.git/,
  );
  await types('apps', 0, /=== Apps\n[^]*client-a/);
  await types('perms:create client-bob', 0, /Adding client-bob to client-a collaborators... done/);
  await types('sharing', 0, /=== client-a's Users\nclient-bob/);
  await types(`apps:info ${at} --profile=bob`, 0, /=== client-a Application\n[^]*owner: +admin/);
  await types(`perms:delete client-bob ${at}`, 0, /Removing client-bob from client-a coll.* done/);
  await types(`info ${at} --profile=bob`, 1, /403 FORBIDDEN/);
  await types('perms --admin', 0, /=== Administrators\n[^]*admin/);

  await types('domains:add ' + DOMAIN, 0, /Adding www.client-test.example to client-a... done/);
  await types('domains', 0, /=== client-a Domains\nwww.client-test.example/);
  await types('certs:add site.crt site.key', 0, /Adding SSL endpoint... done\nwww.client-test/);
  await types('certs', 0, /Common Name +Expires\n-+ +-+\nwww.client-test.example +20\d\d-/);
  await types(`certs:info ${DOMAIN}`, 0, /owner: +admin/);
  await types(`certs:remove ${DOMAIN}`, 0, /Removing www.client-test.example... done/);
  await types(`domains:remove ${DOMAIN}`, 0, /Removing www.client-test.example from client-a/);

  // Before the first build nothing is deployed: these are quick.
  await types(
    "config:set 'GREETING=Good day' B=2",
    0,
    /Creating config... done\n\n=== client-a Config/,
  );
  await types('config:unset B', 0, /Removing config... done/);
  t.equal(await types('config --oneline', 0, /./), 'GREETING=Good day');
  await types('config:pull', 0, /1 values written to .env/);
  t.equal(readFileSync(join(ada.project, '.env'), 'utf8'), 'GREETING=Good day\n');
  await types('config:pull', 1, /the file .env exists already/);
  writeFileSync(join(ada.project, '.env'), 'GREETING=Good evening\nLINES="one\\ntwo"\n');
  await types('config:push', 0, /GREETING +Good evening/);
  await types('limits:set web=256M', 0, /Applying limits... done[^]*--- Memory\nweb +256M/);
  await types('limits:unset web', 0, /Applying limits... done[^]*--- Memory\nUnlimited/);
  await types('tags:set rack=none', 1, /400 BAD REQUEST/);
  await types('tags:unset rack', 0, /Applying tags... done/);
  await Promise.all([
    types('limits', 0, /=== client-a Limits/),
    types('tags', 0, /=== client-a Tags/),
    types('run ls', 125, /No build associated with this release to run this command/),
  ]);
  await types('registry:set host=registry.invalid username=a password=b', 0, /registry.invalid/);
  await types('registry', 0, /registry.invalid/);
  await types('registry:unset registry.invalid', 0, /./);
  await types('drains:add syslog://127.0.0.1:9', 0, /Adding drain syslog:.* to client-a... done/);
  await types('drains', 0, /=== client-a Drains\n[^]*syslog:/);
  await types('drains:remove syslog://127.0.0.1:9', 0, /Removing drain syslog:.* done/);

  writeFileSync(join(ada.project, 'Procfile'), 'web: node web.js\n');
  await types(`pull ${on.hello.reference}`, 0, /Creating build... done/);
  await types('ps', 0, /=== client-a Processes\n--- web:\nweb.1 up \(v\d+\)/);
  await types('routing:set maintenance=on', 0, /Changing the routing of client-a... done/);
  await Promise.all([
    types('routing', 0, /=== client-a Routing\nmaintenance +on/),
    types('builds', 0, /=== client-a Builds\n[0-9a-f-]{36} 20/),
    types('builds:info', 0, /=== client-a Build\n[^]*process types: +web\n/),
    types('builds:slug', 1, /404 NOT FOUND/),
    types('builds:logs', 1, /404 NOT FOUND/),
    types('open', 0, /^http:\/\/client-a\./),
  ]);
  await types('routing:unset maintenance', 0, /Changing the routing of client-a... done/);
  await types(
    'scale web=2',
    0,
    /but first, coffee!\ndone in \d+s\n=== client-a Processes[^]*web.2 up/,
  );
  await Promise.all([
    types('ps:restart web.2', 0, /Restarting processes... but first[^]*web.2 up/),
    types("run 'echo out; echo $GREETING >&2; exit 9'", 9, /^out\nGood evening$/m),
    types('run ls -d /app', 0, /^\/app$/m),
    types('apps:run wc -c', 0, /^3$/m, { stdin: 'abc' }),
  ]);
  await types('config:set GREETING=Hi', 0, /Creating config... done, v\d+/);
  t.match((await on.get('client-a')).body, /^Hi from/);
  const releases = await types('releases', 0, /=== client-a Releases\nv\d+\t.*changed GREETING/);
  const last = Number(/^v(\d+)/m.exec(releases)?.[1]);
  await types(`rollback v${last - 1}`, 0, new RegExp(`to v${last - 1}... done, v${last + 1}`));
  await Promise.all([
    types(`releases:info v${last - 1}`, 0, /=== client-a Release v/),
    types('plan scale web=3', 0, /scale of client-a, v\d+: nothing was changed[^]*\.web\.3 on /),
    types('config:set NOT=made --dry-run', 0, /deploy of client-a, .*: nothing was changed/),
    types('logs -n 500', 0, /client-a\[web\.1\]: web listens on/),
    types('events', 0, /=== client-a Events\n[^]*admin/),
  ]);

  // A deployment that fails waits for somebody, as the policy says: tried again, then given up.
  await types('policy', 0, /=== client-a Policy\n[^]*autoRevert +on +default/);
  await types('policy:set autoRevert=off', 0, /Changing the policy... done\n[^]*autoRevert +off/);
  await types('config:set NODE_OPTIONS=--no-such-option', 1, /503 SERVICE[^]*It has paused/);
  await types('deploy:status', 0, /deploy v\d+ to v\d+ by admin: paused\n[^]*deis deploy:resume/);
  await types('deploy:resume', 0, /Resuming the deployment of client-a... it goes on/);
  await types('deploy:watch', 1, /=== client-a deploy v\d+[^]*paused[^]*web\.\d/);
  await types('deploy:cancel', 0, /Cancelling the deployment of client-a... done, v\d+ stays/);
  await types('policy:unset autoRevert', 0, /autoRevert +on +default/);
  await types(
    'deployments',
    0,
    /=== client-a Deployments\n20\S+ +deploy +v\d+ to v\d+ +admin +reverted/,
  );
  t.notOk((await types('config', 0, /./)).includes('NODE_OPTIONS'), 'nothing of it stays');

  await types('apps:transfer client-bob', 0, /Transferring client-a to client-bob... done/);
  await types(`destroy ${at} --confirm=other`, 2, /does not match confirm other/);
  await types(
    'destroy',
    0,
    /Destroying client-a...\ndone in \d+s\nGit remote again removed\nGit remote deis removed/,
    {
      stdin: 'client-a\n',
    },
  );
  await types('auth:cancel --username=client-bob --yes', 0, /Account cancelled/);
  await types('logout --profile=bob', 0, /Logged out/);

  await types('shortcuts', 0, /^rollback +-> +releases:rollback$/m);
  await types('autocomplete bash', 0, /complete -o default -F _deis_complete deis/);
  await types('greet:now you', 7, /^hello now you$/m);
  await types('pz:list', 2, /has no command "pz:list"\nDid you mean `deis ps:list`/);

  const used = new Set(ada.typed);
  const never = Object.entries<Command.Class>(COMMANDS)
    .filter(([id, { aliases }]) => ![id, ...aliases].some((name) => used.has(name)))
    .map(([id]) => id);
  t.same(never, [], 'no command was left out');
});

// The scheduler's leader is frozen during a submit, another one takes over, and what the old one writes when it wakes is refused.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { eventually, platform, type UnitRow } from './platform.ts';

const on = await platform();
const COUNT = 300;
const SECONDS = Number(process.env['DEIS_FROZEN_SECONDS'] ?? 12);

t.test('a frozen leader', { timeout: 240_000 }, async (t) => {
  const folder = t.testdir();
  const files = Array.from({ length: COUNT }, (_, index) => {
    const path = join(folder, `frozen-${index + 1}.service`);
    writeFileSync(path, '[Service]\nExecStart=/bin/sleep infinity\n');
    return path;
  });
  const status = await on.mustDeisctl('status');
  const leader = /led by (\S+)/.exec(status)?.[1];
  t.ok(leader, `the leader is ${leader}`);
  const submitted = on.mustDeisctl('submit', '--start', '--timeout=150', ...files);
  await new Promise((resolve) => setTimeout(resolve, 700));
  await on.sh(leader!, 'systemctl kill -s STOP --kill-whom=main deisd');
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  await on.sh(leader!, 'systemctl kill -s CONT --kill-whom=main deisd');
  await submitted;
  const rows = await eventually('all active', 60, async () => {
    const all = JSON.parse(await on.mustDeisctl('list', '--all', '--json')) as UnitRow[];
    const active = all.filter((row) => row.unit.startsWith('frozen-') && row.active === 'active');
    return active.length >= COUNT && active;
  });
  t.equal(rows.length, COUNT, 'each is active once');
  let running = 0;
  for (const { name } of on.context.machines) {
    const list = await on.sh(
      name,
      'systemctl list-units --no-legend --plain --state=active "frozen-*" | wc -l',
    );
    running += Number(list);
  }
  t.equal(running, COUNT, 'no unit runs on two machines');
  const journal = await on.sh(leader!, 'journalctl -u deisd -b --no-pager -o cat | tail -n 2000');
  const late = /late writes refused[^\n]*count[=":]+(\d+)/.exec(journal)?.[1];
  t.comment(`late writes refused: ${late ?? '0: it noticed before it wrote'}`);
  t.notMatch(await on.mustDeisctl('status'), new RegExp(`led by ${leader}`), 'another one leads');
  await on.mustDeisctl('destroy', '--timeout=60', 'frozen-*');
});

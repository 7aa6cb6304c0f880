// What the cluster looks like at the moment something failed: printed among the test's lines, because machines of a run that failed
// somewhere else can be asked only there and then.

import { loadavg } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { localStatus } from '../../src/machines/local/status.ts';
import type { TestCluster } from './cluster.ts';
import type { UnitRow } from './platform.ts';

/** Each question is given up after this long, ms: a sick cluster must not hold up its own diagnosis. */
const PATIENCE_MS = 20_000;
/** How many units that do not run are asked about one by one. */
const MOST_UNITS = 4;

/** What a machine itself says. `-p warning`: what its programs thought worth a warning, whoever wrote it. */
const MACHINE_QUESTIONS: Record<string, string> = {
  load: 'cat /proc/loadavg; df -h --output=pcent,target / /var/lib/docker | tail -n 2',
  'failed units': 'systemctl list-units --failed --no-legend --plain',
  'jobs of systemd': 'systemctl list-jobs --no-legend | head -n 10',
  'units by state':
    'systemctl list-units --all --plain --no-legend --type=service | awk \'{ print $3 "/" $4 }\' | sort | uniq -c',
  containers: "docker ps -a --format '{{.Names}}: {{.Status}}' | sort",
  'etcd, last words': 'journalctl -b -u etcd --no-pager -o short-precise -n 8',
  'warnings of deisd': 'journalctl -b -u deisd -p warning --no-pager -o short-precise -n 25',
  'last of deisd': 'journalctl -b -u deisd --no-pager -o short-precise -n 12',
};

/** Prints it. Never throws: what could not be learned is said in its place. */
export async function diagnose(on: TestCluster, occasion: string): Promise<void> {
  say(`--- diagnosis of cluster ${on.name}: ${occasion}`);
  say(`load of the box: ${loadavg().join(' ')}`);
  await tell('machines', () => machines(on));
  await tell('deisctl status', () => deisctl(on, 'status'));
  await tell('deisctl machines', () => deisctl(on, 'machines'));
  await tell('units', () => units(on));
  for (const { name } of on.context.machines) {
    for (const [title, script] of Object.entries(MACHINE_QUESTIONS)) {
      await tell(`${name}: ${title}`, async () => {
        const { stdout, stderr } = await on.exec(name, `timeout 15 sh -c ${quoted(script)}`);
        return `${stdout}\n${stderr}`;
      });
    }
  }
  say('--- end of the diagnosis');
}

async function machines({ root, name }: TestCluster): Promise<string> {
  const rows = await localStatus(root, name, AbortSignal.timeout(PATIENCE_MS));
  return rows
    .map(({ name, state, etcd, docker, deisd }) => {
      return `${name}: ${state}, etcd ${etcd}, docker ${docker}, deisd ${deisd}`;
    })
    .join('\n');
}

/** How many units are in which state, and why some of those that do not run do not. */
async function units(on: TestCluster): Promise<string> {
  const rows = JSON.parse(await deisctl(on, 'list', '--all', '--json')) as UnitRow[];
  const counts = new Map<string, number>();
  for (const { active, sub, machine } of rows) {
    const key = `${active}/${sub} on ${machine || 'no machine'}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const idle = rows.filter(({ active }) => active !== 'active').map(({ unit }) => unit);
  const stories = idle.slice(0, MOST_UNITS).map((unit) => deisctl(on, 'why', unit));
  return [
    ...[...counts].map(([state, count]) => `${count} × ${state}`),
    ...(idle.length > 0 ? [`not active: ${idle.slice(0, 10).join(' ')}`] : []),
    ...(await Promise.all(stories)),
  ].join('\n');
}

async function deisctl({ root, name }: TestCluster, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await execa(
    process.execPath,
    [join(root, 'bin', 'deisctl.js'), ...args],
    {
      reject: false,
      stdin: 'ignore',
      timeout: PATIENCE_MS,
      env: { DEISCTL_CLUSTER: name, NO_COLOR: '1' },
    },
  );
  return args.includes('--json') ? stdout : `${stdout}\n${stderr}`;
}

async function tell(title: string, ask: () => Promise<string>): Promise<void> {
  let text: string;
  try {
    text = await ask();
  } catch (error) {
    text = `could not be learned: ${error instanceof Error ? error.message : String(error)}`;
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  say(`${title}:${lines.length === 0 ? ' nothing' : ''}`);
  for (const line of lines) say(`  ${line}`);
}

const quoted = (script: string): string => `'${script.replaceAll("'", String.raw`'\''`)}'`;

function say(line: string): void {
  console.log(`# ${line}`);
}

// How much longer `git push` of a changed Dockerfile app takes than `docker build` of the same change on the same machine.

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { dockerfileApp } from '../whole/apps-to-push.ts';
import { platform, type TestPlatform, type UnitRow } from '../whole/platform.ts';
import { newPusher } from '../whole/pusher.ts';

const RUNS = 5;

/** Seconds: pushes until they are live, less the same builds alone. */
export async function pushOverheads(): Promise<number[]> {
  const on = await platform();
  const run = randomBytes(3).toString('hex');
  const app = `bench-${run}`;
  const ann = await newPusher(on, `bench-${run}`);
  const directory = await ann.repository(dockerfileApp('first'));
  await ann.create(directory, app);
  const push = async (): Promise<number> => {
    const began = performance.now();
    const { code, stderr } = await ann.git(directory, 'push', 'deis', 'master');
    if (code !== 0) throw new Error(stderr);
    return (performance.now() - began) / 1000;
  };
  await push();
  const machine = await builderMachine(on);
  await buildAlone(on, machine, 'warm');
  const overheads: number[] = [];
  for (let count = 0; count < RUNS; count += 1) {
    const alone = await buildAlone(on, machine, `alone-${count}`);
    await ann.commit(directory, dockerfileApp(`pushed-${count}`));
    const pushed = await push();
    console.log(`# push ${pushed.toFixed(1)} s, build alone ${alone.toFixed(1)} s`);
    overheads.push(pushed - alone);
  }
  await on.deis('apps:destroy', '-a', app, '--confirm', app);
  return overheads;
}

async function builderMachine(on: TestPlatform): Promise<string> {
  const rows = JSON.parse(await on.mustDeisctl('list', '--json')) as UnitRow[];
  const unit = rows.find(({ unit: name }) => name.startsWith('deis-builder@'));
  const machine = on.context.machines.find(({ ip }) => ip === unit?.ip);
  if (!machine) throw new Error('no builder runs');
  return machine.name;
}

/** Seconds that the machine's own `docker build` takes, its files there already. */
async function buildAlone(on: TestPlatform, machine: string, word: string): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'deis-bench-'));
  const files = Object.entries(dockerfileApp(word));
  for (const [name, text] of files) await writeFile(join(directory, name), text);
  const archive = join(directory, 'app.tar');
  await execa('tar', ['-cf', archive, '-C', directory, ...files.map(([name]) => name)]);
  const bytes = (await readFile(archive)).toString('base64');
  const script = `base64 -d > /tmp/bench.tar; began=$(date +%s%N)
    DOCKER_BUILDKIT=0 docker build --network deis-build -q -t deis-bench - < /tmp/bench.tar >/dev/null || exit 1
    echo $(( $(date +%s%N) - began ))`;
  const { code, stdout, stderr } = await on.exec(machine, script, bytes);
  if (code !== 0) throw new Error(stderr);
  return Number(stdout.trim()) / 1e9;
}

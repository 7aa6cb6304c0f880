// The same tree as a Debian package: where apt is at hand, Docker comes along.

import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../adapters/process.ts';
import { renderTemplate } from '../adapters/templates.ts';
import { PROCESSORS, type Processor } from '../model/processor.ts';
import { writeFileSpec } from '../machines/write-file.ts';
import { RELEASE_SECONDS, type StagedNode } from './archive.ts';

/** Shell that runs on the host, by the name that dpkg knows it by. */
const SCRIPTS = ['postinst', 'prerm', 'postrm'] as const;

export async function makeDebian(
  root: string,
  { folder, version: tree }: StagedNode,
  processor: Processor,
  staging: string,
  version: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const architecture = PROCESSORS[processor].debian;
  const at = join(staging, 'debian');
  await mkdir(join(at, 'opt/deis-versions'), { recursive: true });
  await run('cp', ['-al', folder, join(at, 'opt/deis-versions', tree)], {}, signal);
  await symlink(`/opt/deis-versions/${tree}`, join(at, 'opt/deis'));
  const { stdout: used } = await run('du', ['-ks', '--apparent-size', folder], {}, signal);
  const size = Number.parseInt(used, 10);
  const files = [
    {
      path: '/lib/systemd/system/deisd.service',
      content: renderTemplate('deisd/deisd.service', {}),
    },
    {
      path: '/DEBIAN/control',
      content: renderTemplate('debian/control', { version, architecture, size }),
    },
    ...SCRIPTS.map((script) => ({
      path: `/DEBIAN/${script}`,
      content: renderTemplate(`debian/${script}`, {}),
      mode: 0o755,
    })),
    {
      path: '/usr/share/doc/deis-node/copyright',
      content: await readFile(join(root, 'LICENSE'), 'utf8'),
    },
  ];
  for (const file of files) await writeFileSpec(at, file);
  const path = join(target, `deis-node_${version}_${architecture}.deb`);
  const words = ['--root-owner-group', '-Zgzip', '-z3', '--build', at, path];
  // Later times of change become this one (dpkg-deb(1)).
  const env = { SOURCE_DATE_EPOCH: String(RELEASE_SECONDS) };
  await run('dpkg-deb', words, { env }, signal);
}

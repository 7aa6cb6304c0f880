// The same tree as a Debian package: where apt is at hand, Docker comes along.

import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../adapters/process.ts';
import { renderTemplate } from '../adapters/templates.ts';
import { writeFileSpec } from '../machines/write-file.ts';
import type { StagedNode } from './archive.ts';

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
};

export async function makeDebian(
  { folder, version: tree }: StagedNode,
  staging: string,
  version: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const architecture = ARCHITECTURES[process.arch]!;
  const at = join(staging, 'debian');
  await mkdir(join(at, 'opt/deis-versions'), { recursive: true });
  await run('cp', ['-al', folder, join(at, 'opt/deis-versions', tree)], {}, signal);
  await symlink(`/opt/deis-versions/${tree}`, join(at, 'opt/deis'));
  const files = [
    {
      path: '/lib/systemd/system/deisd.service',
      content: renderTemplate('deisd/deisd.service', {}),
    },
    {
      path: '/DEBIAN/control',
      content: renderTemplate('debian/control', { version, architecture }),
    },
    { path: '/DEBIAN/postinst', content: renderTemplate('debian/postinst', {}), mode: 0o755 },
    { path: '/DEBIAN/prerm', content: renderTemplate('debian/prerm', {}), mode: 0o755 },
  ];
  for (const file of files) await writeFileSpec(at, file);
  const path = join(target, `deis-node_${version}_${architecture}.deb`);
  await run('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', at, path], {}, signal);
}

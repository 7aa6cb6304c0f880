// Can this box carry machines at all? One sentence says what is missing and what to do.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DeisError } from '../../model/errors.ts';

const PROGRAMS: [program: string, debianPackage: string][] = [
  ['systemd-nspawn', 'systemd-container'],
  ['mmdebstrap', 'mmdebstrap'],
  ['ip', 'iproute2'],
  ['iptables', 'iptables'],
  ['mkfs.ext4', 'e2fsprogs'],
  ['nsenter', 'util-linux'],
  ['ssh-keygen', 'openssh-client'],
];
const ELSEWHERE = 'Run the cluster in a virtual machine with: vagrant up';

/** Throws DeisError 'unsupported' or 'forbidden' unless local machines can run here. */
export function requireBox(): void {
  if (process.platform !== 'linux') {
    throw new DeisError('unsupported', 'Local machines need Linux.', ELSEWHERE);
  }
  if (process.getuid?.() !== 0) {
    throw new DeisError(
      'forbidden',
      'Local machines need root.',
      'Run the same command with sudo.',
    );
  }
  if (!hasOverlay()) {
    throw new DeisError('unsupported', 'This kernel has no overlay file system.', ELSEWHERE);
  }
  if (!existsSync('/dev/loop-control')) {
    throw new DeisError('unsupported', 'This kernel has no loop devices.', ELSEWHERE);
  }
  const path = (process.env['PATH'] ?? '').split(delimiter);
  const missing = PROGRAMS.filter(
    ([program]) => !path.some((folder) => existsSync(join(folder, program))),
  );
  if (missing.length === 0) return;
  const packages = missing.map(([, debianPackage]) => debianPackage).join(' ');
  throw new DeisError(
    'unsupported',
    `Missing programs: ${missing.map(([program]) => program).join(', ')}.`,
    `Install them with: sudo apt-get install ${packages}`,
  );
}

/** A kernel that keeps overlay as a module lists it only once it is loaded. */
function hasOverlay(): boolean {
  const listed = () => /\toverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'));
  if (!listed()) spawnSync('modprobe', ['overlay'], { stdio: 'ignore' });
  return listed();
}

// New certificates for one machine from the authority that signs now: it was away while they changed, or its own are of no use. Nothing
// there has to be believed by anybody for that: it goes over SSH.

import type { Machine } from '../../model/cluster.ts';
import type { Host } from '../../ports/host.ts';
import { readAuthority } from '../authority-files.ts';
import { issueIdentity } from '../identity.ts';
import { ordered } from '../join/ordered.ts';
import type { Progress } from '../progress.ts';
import { identityFiles, trustFiles } from './files.ts';
import { keepIdentity, put } from './rotate.ts';

export interface Reissuing {
  /** Of the authority. */
  folder: string;
  machine: Pick<Machine, 'id' | 'name' | 'ip'>;
  /** Root there. Throws DeisError. */
  shell: () => Promise<Host>;
  /** Where this computer keeps its certificates, if it does. */
  kept: string;
  now: Date;
  progress: Progress;
}

/** Parts look at their files by themselves; the store's member reads whom it believes when it starts. */
const RESTART_MEMBER = `if systemctl -q is-enabled etcd.service 2>/dev/null; then
  systemctl restart --no-block etcd.service
fi
systemctl start --no-block deisd.service`;

/** May be called again. Throws DeisError 'refused' with what the machine said. */
export async function reissueMachine(
  { folder, machine, shell, kept, now, progress }: Reissuing,
  signal: AbortSignal,
): Promise<void> {
  const authority = await readAuthority(folder);
  const identity = await issueIdentity(authority, machine, now);
  await progress.step(`New certificates for ${machine.name}`, async () => {
    await keepIdentity(kept, identity);
    const host = await shell();
    try {
      await put(host, [...trustFiles(authority.trusted), ...identityFiles(identity)], signal);
      await ordered(host, 'its member of the store', RESTART_MEMBER, signal);
    } finally {
      host.close();
    }
  });
}

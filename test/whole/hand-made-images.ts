// Images for tests of the registry: made on a machine from what lies there, as small as can be, and no two alike.

import { RegistryReplica } from '../../src/adapters/registry-replica.ts';
import { keys } from '../../src/registry/keys.ts';
import { operatorTls } from './operator-tls.ts';
import type { TestPlatform } from './platform.ts';
import { openStore } from './store.ts';

export interface Machine {
  name: string;
  ip: string;
}

/** What such an image runs. */
export const PAGES = 'web: exec /bin/busybox httpd -f -p 5000 -h /www';

export const digestIn = (text: string): string => /sha256:[0-9a-f]{64}/.exec(text)![0];

/** What `deisctl disk --json` says of one machine, as far as tests ask. */
export interface DiskRow {
  machine: string;
  problem?: string;
  registry?: {
    storage: string;
    problem?: string;
    garbage?: { stays: { image: string }[]; goes: { image: string }[] };
  };
}

export interface ImageHands {
  /** A web server whose page is the image's name, and so many MB that no other image has. */
  make(machine: Machine, name: string, mb?: number): Promise<string>;
  /** The replica on this machine holds it. */
  isOn(machine: Machine, repository: string, reference: string): Promise<boolean>;
  /** Digest of what the app's last build runs. */
  digestOf(app: string): Promise<string>;
  disk(): Promise<DiskRow[]>;
}

export async function imageHands(on: TestPlatform): Promise<ImageHands> {
  const { registry } = await openStore(on);
  const { machines } = on.context;
  // A shell and a web server in 2 MB: the example app's.
  const busybox = await on.sh(
    machines[0]!.name,
    `id=$(docker create ${on.hello.reference}); docker cp -L $id:/bin/busybox - | tar -xO | base64 -w0; docker rm $id >/dev/null`,
  );
  for (const { name } of machines) {
    await on.exec(name, 'base64 -d > /tmp/busybox && chmod 755 /tmp/busybox', busybox);
  }
  return {
    make: ({ name: machine }, name, mb = 1) =>
      on.sh(
        machine,
        `set -e; dir=$(mktemp -d); cd $dir; mkdir bin www; cp /tmp/busybox bin; ln -s busybox bin/sh
        echo ${name} > www/index.html; head -c ${mb}M /dev/urandom > unlike
        tar -c . | docker import -c 'EXPOSE 5000' - ${name} >/dev/null; rm -r $dir`,
      ),
    async isOn({ ip }, repository, reference) {
      const replica = new RegistryReplica(`${ip}:5000`, {}, await operatorTls(on));
      return replica.hasManifest(repository, reference, on.signal);
    },
    async digestOf(app) {
      const { items } = await registry.list(keys.builds, [app], on.signal);
      const newest = items.toSorted((one, other) => other.createRevision - one.createRevision)[0]!;
      return digestIn(newest.value.reference);
    },
    disk: async () => JSON.parse(await on.mustDeisctl('disk', '--json')) as DiskRow[],
  };
}

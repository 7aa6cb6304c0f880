// deisctl ignition

import { join, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { DeisError } from '../../model/errors.ts';
import { BaseCommand } from '../base.ts';
import { pairs } from './nodes/command.ts';

export default class Ignition extends BaseCommand {
  static override summary =
    'Write the Ignition files of a cluster of Flatcar or Fedora CoreOS machines.';
  static override description = `Two files for each machine, the same in two forms: NAME.ign for its disk, NAME.user-data for its cloud's user data (docs/coreos.md). Both hold the machine's private keys and the cluster's platform key. Authority, keys and who carries the store are decided at the first call and kept: the same call writes the same files, and machines that are named later join.
Afterwards "deisctl -C <name>" reaches the cluster.`;
  static override usage = ['ignition NAME=ADDRESS... --output=FOLDER'];
  static override examples = [
    '<%= config.bin %> ignition deis-01=10.0.0.11 deis-02=10.0.0.12 deis-03=10.0.0.13 --output=ignition --release-url=https://example.com/deis.tar.gz',
    '<%= config.bin %> ignition deis-01=172.17.8.100 --output=ignition --static-prefix=24',
  ];
  static override strict = false;
  static override args = {
    machines: Args.string({ required: true, description: 'Name and address of each machine.' }),
  };
  static override flags = {
    output: Flags.string({ required: true, description: 'Folder for the files.' }),
    name: Flags.string({ default: 'coreos', description: 'What the cluster is called.' }),
    domain: Flags.string({
      default: 'example.com',
      description: 'Apps are served at <app>.<domain>.',
    }),
    os: Flags.string({
      options: ['flatcar', 'fcos'],
      default: 'flatcar',
      description: 'Flatcar or Fedora CoreOS.',
    }),
    metadata: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'A label NAME=VALUE of all these machines; may be repeated.',
    }),
    'ssh-key': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'File with a public key that may log in as core; may be repeated.',
    }),
    'release-url': Flags.string({
      default: '',
      description: 'Where machines fetch the release archive.',
    }),
    'release-sha256': Flags.string({ default: '', description: 'Its checksum.' }),
    'release-file': Flags.string({
      default: '/var/lib/deis-release.tar.gz',
      description: 'Where it is taken from when somebody puts it on the machine.',
    }),
    discovery: Flags.string({ default: '', description: 'URL of an etcd discovery service.' }),
    'static-prefix': Flags.integer({
      min: 8,
      max: 30,
      description: 'Set the address on the machine itself; bits of its network.',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Ignition);
    const [{ makeIgnition }, { checkoutRoot }, { LEAST_USER_DATA }] = await Promise.all([
      import('../../machines/ignition/cluster.ts'),
      import('../../machines/checkout.ts'),
      import('../../machines/ignition/user-data.ts'),
    ]);
    const wanted = pairs(argv as string[], 'deis-01=172.17.8.100');
    const keys = await Promise.all((flags['ssh-key'] ?? []).map(keysIn));
    const files = await makeIgnition(
      checkoutRoot(),
      {
        cluster: flags.name,
        domain: flags.domain,
        machines: Object.entries(wanted).map(([name, ip]) => ({ name, ip })),
        metadata: pairs(flags.metadata ?? [], '--metadata=zone=a'),
        os: flags.os as 'flatcar' | 'fcos',
        release: {
          url: flags['release-url'],
          sha256: flags['release-sha256'],
          file: flags['release-file'],
        },
        staticPrefix: flags['static-prefix'],
        discovery: flags.discovery,
        operatorKeys: keys.flat(),
      },
      new Date(),
      this.signal,
    );
    const folder = resolve(flags.output);
    for (const { name, text, userData } of files) {
      const path = join(folder, `${name}.ign`);
      await writeSecret(path, text);
      await writeSecret(join(folder, `${name}.user-data`), userData);
      this.log(path);
      const bytes = Buffer.byteLength(userData);
      if (bytes <= LEAST_USER_DATA) continue;
      this.logToStderr(
        `${name}.user-data has ${bytes} bytes, and AWS takes ${LEAST_USER_DATA}: name fewer keys and labels, or let it fetch ${name}.ign`,
      );
    }
  }
}

/** Throws DeisError. */
async function keysIn(file: string): Promise<string[]> {
  const [{ readFile }, { publicKeysIn }] = await Promise.all([
    import('node:fs/promises'),
    import('../../machines/ignition/wish.ts'),
  ]);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new DeisError('invalid', `the key ${file} cannot be read`, '', { cause });
  });
  const found = publicKeysIn(text);
  if (Array.isArray(found)) return found;
  throw new DeisError('invalid', `${file} ${found.problem}`);
}

/** Only its owner may read it. Throws DeisError. */
async function writeSecret(path: string, content: string): Promise<void> {
  const { writeFileSpec } = await import('../../machines/write-file.ts');
  await writeFileSpec('', { path, content, mode: 0o600 }).catch((cause: unknown) => {
    throw new DeisError('invalid', `${path} cannot be written: ${String(cause)}`, '', { cause });
  });
}

// deisctl ignition

import { join, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { DeisError } from '../../model/errors.ts';
import { BaseCommand } from '../base.ts';
import { pairs } from './nodes/command.ts';

export default class Ignition extends BaseCommand {
  static override summary =
    'Write the Ignition files of a cluster of Flatcar or Fedora CoreOS machines.';
  static override description = `One file for each machine; give it to the machine as its cloud's user data, or on its disk (docs/coreos.md). Authority, keys and who carries the store are decided at the first call and kept: the same call writes the same files, and machines that are named later join.
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
    const [{ makeIgnition }, { checkoutRoot }, { writeFileSpec }, { readFile }] = await Promise.all(
      [
        import('../../machines/ignition/cluster.ts'),
        import('../../machines/checkout.ts'),
        import('../../machines/write-file.ts'),
        import('node:fs/promises'),
      ],
    );
    const wanted = pairs(argv as string[], 'deis-01=172.17.8.100');
    if (flags['release-sha256'] !== '' && !/^[0-9a-f]{64}$/.test(flags['release-sha256'])) {
      throw new DeisError('invalid', '--release-sha256 is not 64 hexadecimal digits');
    }
    const keys = await Promise.all(
      (flags['ssh-key'] ?? []).map(async (file) => (await readFile(file, 'utf8')).trim()),
    );
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
        operatorKeys: keys,
      },
      new Date(),
      this.signal,
    );
    for (const { name, text } of files) {
      const path = join(resolve(flags.output), `${name}.ign`);
      await writeFileSpec('', { path, content: text, mode: 0o600 });
      this.log(path);
    }
  }
}

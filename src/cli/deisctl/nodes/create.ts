// deisctl nodes create

import { Args, Flags } from '@oclif/core';
import { DeisError } from '../../../model/errors.ts';
import { DEFAULT_FORMATION } from '../../../model/formation.ts';
import type { NodeRow } from '../../nodes/list.ts';
import { MachineCommand, pairs } from './command.ts';

export default class NodesCreate extends MachineCommand {
  static override summary = 'Join an existing host to the cluster, over SSH.';
  static override description = `The host needs systemd, sshd and an account that is root or may use sudo without a password; Docker is installed where apt-get can. All that deisd needs, its own runtime too, is brought along.
Whatever is in the way is said at once, before anything is changed; what fails later is taken back.`;
  static override usage = ['nodes create [FORMATION] [USER@]HOST[:PORT]'];
  static override examples = [
    '<%= config.bin %> nodes create 10.0.0.7',
    '<%= config.bin %> nodes create core@10.0.0.7 --identity=~/.ssh/flatcar',
    '<%= config.bin %> nodes create shop 10.0.0.8 --layer=runtime',
  ];
  static override enableJsonFlag = true;
  static override strict = false;
  static override args = {
    host: Args.string({
      required: true,
      description: 'Where its sshd answers; before it, a formation.',
    }),
  };
  static override flags = {
    layer: Flags.string({ description: 'Layer that it belongs to.', default: '' }),
    formation: Flags.string({ description: 'Formation that it belongs to.' }),
    name: Flags.string({
      description: "Its name in the cluster (the host's own, or a number in its layer).",
    }),
    ip: Flags.string({
      description: 'Its address in the cluster (the one it reaches the store from).',
    }),
    metadata: Flags.string({
      description: 'A label NAME=VALUE that tags and units can ask for; may be repeated.',
      multiple: true,
      multipleNonGreedy: true,
    }),
    identity: Flags.string({
      description: 'Private key to show (an agent’s, or the usual ones).',
    }),
    'host-key': Flags.string({ description: 'Fingerprint SHA256:… that it must show.' }),
  };

  async run(): Promise<NodeRow> {
    const { argv, flags } = await this.parse(NodesCreate);
    const words = argv as string[];
    const [{ parseHost }, { createNode }, { readNodes }, { ensureRouters }] = await Promise.all([
      import('../../../machines/ssh-keys.ts'),
      import('../../nodes/create.ts'),
      import('../../nodes/list.ts'),
      import('../../formations/routers.ts'),
    ]);
    const host = parseHost(words.at(-1)!);
    if (!host || words.length > 2) {
      throw new DeisError('invalid', `"${words.join(' ')}" is not [FORMATION] [USER@]HOST[:PORT]`);
    }
    const formation = (words.length === 2 ? words[0] : flags.formation) ?? DEFAULT_FORMATION;
    const around = await this.surroundings(flags);
    const node = await createNode(
      {
        formation,
        layer: flags.layer,
        name: flags.name,
        ip: flags.ip,
        metadata: pairs(flags.metadata ?? [], '--metadata=rack=1'),
        provider: 'ssh',
        access: {
          ...host,
          hostKey: flags['host-key'] ?? '',
          ...(flags.identity !== undefined && { key: homeOf(flags.identity) }),
        },
      },
      around,
      this.signal,
    );
    const { followNodes } = await import('../../nodes/members.ts');
    await followNodes(around, undefined, this.signal);
    const operation = await this.operation(flags);
    await ensureRouters(operation, formation, this.signal);
    this.log(`${node.id}  ${node.address}`);
    const rows = await readNodes(around.registry, this.signal);
    return rows.find(({ id }) => id === node.id)!;
  }
}

/** A shell leaves `--identity=~/…` as it is. */
function homeOf(path: string): string {
  return path.replace(/^~(?=\/)/, () => process.env['HOME'] ?? '~');
}

// The flags that every deisctl command has: which cluster, and which way to it. Names, defaults and variables are those of Deis v1,
// where it had them.

import { Flags } from '@oclif/core';

const helpGroup = 'GLOBAL';
const file = (description: string, env: string) =>
  Flags.string({ description, env, helpGroup, helpValue: '<path>' });
const seconds = (description: string) =>
  Flags.string({
    description,
    helpGroup,
    helpValue: '<secs>',
    parse: async (text) => {
      if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return text;
      throw new Error(`"${text}" is no number of seconds`);
    },
  });

export const GLOBAL_FLAGS = {
  cluster: Flags.string({
    char: 'C',
    description:
      'A context (deisctl contexts) or local cluster; else the current context, else "deis".',
    env: 'DEISCTL_CLUSTER',
    helpGroup,
    helpValue: '<name>',
  }),
  tunnel: Flags.string({
    description: 'Reach everything through sshd of this machine.',
    env: 'DEISCTL_TUNNEL',
    helpGroup,
    helpValue: '<[user@]host[:22]>',
  }),
  'ssh-user': Flags.string({
    description: 'Log in to machines as this user; "core" unless told.',
    env: 'DEISCTL_SSH_USER',
    helpGroup,
    helpValue: '<user>',
  }),
  'ssh-key': file('Private key to log in with, instead of those in ~/.ssh.', 'DEISCTL_SSH_KEY'),
  'known-hosts-file': file(
    'Host keys of machines; ~/.ssh/known_hosts unless told.',
    'DEISCTL_KNOWN_HOSTS_FILE',
  ),
  'strict-host-key-checking': Flags.string({
    description: 'Refuse machines whose host key is not known; true unless told.',
    env: 'DEISCTL_STRICT_HOST_KEY_CHECKING',
    options: ['true', 'false'],
    helpGroup,
    helpValue: 'true|false',
  }),
  'ssh-timeout': seconds('Wait so long for a login; 10.0 unless told.'),
  'request-timeout': seconds('Wait so long for a machine’s answer; 10.0 unless told.'),
  endpoint: Flags.string({
    description: 'Client URL of an etcd member; may be repeated.',
    env: 'DEISCTL_ENDPOINT',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    helpGroup,
    helpValue: '<url>',
  }),
  'etcd-cafile': file(
    'Certificate of the authority that signed the members’ (PEM).',
    'DEISCTL_ETCD_CAFILE',
  ),
  'etcd-certfile': file('Certificate to show (PEM).', 'DEISCTL_ETCD_CERTFILE'),
  'etcd-keyfile': file('Private key of that certificate (PEM).', 'DEISCTL_ETCD_KEYFILE'),
  'etcd-key-prefix': Flags.string({
    description: 'Where fleet kept its keys; accepted, and without effect.',
    hidden: true,
  }),
};

/** Those that take the next word along, as they are typed. */
export const WITH_VALUE: string[] = Object.entries(GLOBAL_FLAGS).flatMap(([name, flag]) => [
  `--${name}`,
  ...('char' in flag && flag.char !== undefined ? [`-${flag.char}`] : []),
]);

// Which limit is meant: memory, unless --cpu says otherwise.

import { Flags } from '@oclif/core';

export const limitKindFlags = {
  cpu: Flags.boolean({ char: 'c', description: 'Cpu shares, 0 to 1024.', exclusive: ['memory'] }),
  memory: Flags.boolean({ char: 'm', description: 'Memory: B, K, M or G (the default).' }),
};

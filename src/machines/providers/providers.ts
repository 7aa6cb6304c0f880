// The kinds of providers. To add a cloud: its file here and its row.

import { localProvider } from './local.ts';
import type { MachineProvider } from './provider.ts';
import { sshProvider } from './ssh.ts';

export const PROVIDERS: Record<string, MachineProvider> = {
  local: localProvider,
  ssh: sshProvider,
};

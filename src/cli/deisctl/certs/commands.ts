// The commands under `deisctl certs`. To add one: its file here and its row.
import type { Command } from '@oclif/core';
import List from './list.ts';
import Reissue from './reissue.ts';
import Rotate from './rotate.ts';

export const CERT_COMMANDS: Record<string, Command.Class> = {
  'certs:list': List,
  'certs:reissue': Reissue,
  'certs:rotate': Rotate,
};

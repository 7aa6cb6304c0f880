// What a permission is for: an app, or the whole platform.

import { Flags } from '@oclif/core';
import { appFlag } from '../command.ts';

export const permFlags = {
  ...appFlag,
  admin: Flags.boolean({
    description: 'Administrators of the platform, instead of those who share an app.',
    exclusive: ['app'],
  }),
};

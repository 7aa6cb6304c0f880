// Machines of this box, for clusters that `deisctl local up` made.

import { DeisError } from '../../model/errors.ts';
import { addLocalMachine, removeLocalMachine } from '../local/more.ts';
import { type MachineProvider, unknownParams } from './provider.ts';

export const localProvider: MachineProvider = {
  joins: false,

  check(params) {
    const unknown = unknownParams(params, []);
    if (unknown !== undefined) throw new DeisError('invalid', unknown);
  },

  async create({ name, labels }, { root, context, progress }, signal) {
    const { id, ip } = await addLocalMachine(
      root,
      context.name,
      { name, labels },
      progress,
      signal,
    );
    return { kind: 'whole', id, ip };
  },

  async destroy({ machine }, { root, context, progress }, signal) {
    await removeLocalMachine(root, context.name, machine, progress, signal);
  },
};

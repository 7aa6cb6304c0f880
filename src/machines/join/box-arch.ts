// What uname(1) calls the kind of processor that the runtime of this checkout is for.

import { PROCESSORS } from '../../model/processor.ts';
import { OWN_PROCESSOR } from '../build-target.ts';

export const BOX_ARCH = PROCESSORS[OWN_PROCESSOR].kernel;

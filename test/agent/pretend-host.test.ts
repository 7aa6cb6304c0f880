// The pretended host keeps the promises of the ports it stands for.

import t from 'tap';
import { unitManagerContract } from '../ports/unit-manager.contract.ts';
import { PretendHost } from './pretend-host.ts';

void t.test('units', (t) => unitManagerContract(t, new PretendHost().units));

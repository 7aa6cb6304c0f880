// What is told to the cluster of a unit, in one word.

import t from 'tap';
import { phaseOf, sameState, stateOf } from '../../src/agent/report.ts';
import type { UnitView } from '../../src/agent/view.ts';
import { activity, IP, placement, prepared, runningView, servingView, view } from './views.ts';

const stop = placement({ want: 'stop' });
const down = activity('inactive', 'dead');

const CASES: [string, UnitView, string | undefined][] = [
  ['placed, not prepared', view({ placement: placement() }), 'pending'],
  ['its image comes', view({ placement: placement(), busy: { life: 'pull' } }), 'pulling'],
  ['systemd starts it', runningView({ activity: activity('activating', 'start') }), 'starting'],
  [
    'systemd starts it again',
    runningView({ activity: activity('activating', 'auto-restart') }),
    'starting',
  ],
  ['up', runningView(), 'running'],
  ['reloading', runningView({ activity: activity('reloading') }), 'running'],
  ['waiting for routers', servingView({ placement: stop, busy: { life: 'drain' } }), 'draining'],
  ['drained, not yet stopped', servingView({ placement: stop, drained: true }), 'draining'],
  [
    'being stopped',
    servingView({ placement: stop, drained: true, busy: { life: 'stop' } }),
    'stopping',
  ],
  ['systemd stops it', runningView({ activity: activity('deactivating') }), 'stopping'],
  ['stopped', runningView({ placement: stop, activity: down, started: undefined }), 'stopped'],
  [
    'loaded',
    view({ placement: placement(), prepared: prepared({ launch: false }), installed: 'f1' }),
    'stopped',
  ],
  ['failed', runningView({ activity: activity('failed') }), 'failed'],
  [
    'it has done its work',
    runningView({ activity: down, prepared: prepared({ revive: 'never' }) }),
    'stopped',
  ],
  ['it ended and is started again', runningView({ activity: down }), 'starting'],
  ['gone', view({ placement: placement({ want: 'gone' }) }), 'gone'],
  [
    'to be gone, its container is still there',
    view({ placement: placement({ want: 'gone' }), remains: true }),
    'stopped',
  ],
  ['to be gone, still there', runningView({ placement: placement({ want: 'gone' }) }), 'running'],
  ['nobody wants it, and it runs', runningView({ placement: undefined }), 'orphan'],
  ['nobody wants it, nothing is left', view(), undefined],
];

void t.test('phases', async (t) => {
  for (const [name, unit, phase] of CASES) t.equal(phaseOf(unit), phase, name);
});

void t.test('a serving unit says where, since which revision, and how well', async (t) => {
  const state = stateOf(servingView(), { crashes: 2, since: 7 }, IP);
  t.match(state, { address: `${IP}:20001`, published: 9, health: 'healthy', crashes: 2, since: 7 });
  t.notOk('message' in state!);
});

void t.test('the order of fields is no news', async (t) => {
  const state = stateOf(servingView(), { crashes: 0, since: 7 }, IP)!;
  const turned = Object.fromEntries(Object.entries(state).toReversed()) as unknown as typeof state;
  t.ok(sameState(state, turned));
  t.notOk(sameState(state, { ...state, crashes: 1 }));
  t.notOk(sameState(state, undefined));
});

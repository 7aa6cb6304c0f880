import t from 'tap';
import { plan } from '../../src/agent/plan.ts';
import { sentence } from '../../src/agent/steps.ts';
import type { Snapshot, UnitView } from '../../src/agent/view.ts';
import {
  activity,
  placement,
  prepared,
  routed,
  runningView,
  servingView,
  snapshot,
  STARTED,
  UPSTREAM,
  view,
} from './views.ts';

interface Case {
  name: string;
  unit: UnitView;
  world?: Partial<Snapshot>;
  steps: string[];
}

const stopping = placement({ want: 'stop', reason: 'moved to m2' });
const leaving = placement({ want: 'gone', reason: 'destroyed' });
const changed = prepared({ routed, fingerprint: 'f2' });

const CASES: Record<string, Case[]> = {
  'on the way up': [
    {
      name: 'a new placement is prepared first',
      unit: view({ placement: placement() }),
      steps: ['prepare u.service: wanted at revision 5'],
    },
    {
      name: 'then its files are installed',
      unit: view({ placement: placement(), prepared: prepared() }),
      steps: ['install u.service: its file is not here'],
    },
    {
      name: 'then it is started',
      unit: view({ placement: placement(), prepared: prepared(), installed: 'f1' }),
      steps: ['start u.service: spread'],
    },
    {
      name: 'one that is to be loaded is installed, not started',
      unit: view({
        placement: placement(),
        prepared: prepared({ launch: false }),
        installed: 'f1',
      }),
      steps: [],
    },
    {
      name: 'one step at a time',
      unit: view({ placement: placement(), prepared: prepared(), busy: { life: 'install' } }),
      steps: [],
    },
    {
      name: 'after a failure it is left alone for a while',
      unit: view({ placement: placement(), notBefore: 2000 }),
      steps: [],
    },
    {
      name: 'after a reboot its file is installed anew, also without the store',
      unit: view({ placement: placement(), prepared: prepared() }),
      world: { synced: false, writable: false },
      steps: ['install u.service: its file is not here'],
    },
  ],
  'while it runs': [
    { name: 'nothing is done to what runs as wanted', unit: runningView(), steps: [] },
    { name: 'nor to what serves as wanted', unit: servingView(), steps: [] },
    {
      name: 'what is found running is adopted',
      unit: runningView({ started: undefined }),
      steps: ['adopt u.service: it already runs'],
    },
    {
      name: 'a healthy one is published',
      unit: servingView({ published: undefined }),
      steps: ['publish u.service: it is healthy'],
    },
    {
      name: 'one of unknown health is not',
      unit: servingView({ published: undefined, health: 'unknown' }),
      steps: [],
    },
    {
      name: 'unknown health withdraws nothing: a restarted daemon first looks',
      unit: servingView({ health: 'unknown' }),
      steps: [],
    },
    {
      name: 'an unhealthy one is withdrawn',
      unit: servingView({ health: 'unhealthy', message: 'health check: connection refused' }),
      steps: ['withdraw u.service: health check: connection refused'],
    },
    {
      name: 'without the store nothing is published or withdrawn',
      unit: servingView({ health: 'unhealthy' }),
      world: { writable: false },
      steps: [],
    },
    {
      name: 'one that crashed is withdrawn while systemd restarts it',
      unit: servingView({ activity: activity('activating', 'auto-restart'), health: 'unknown' }),
      steps: ['withdraw u.service: it does not run'],
    },
    {
      name: 'a retiring one does not publish over its replacement',
      unit: servingView({
        placement: placement({ retiring: true }),
        published: undefined,
        takenOver: true,
      }),
      steps: [],
    },
    {
      name: 'one that ended by itself is started again',
      unit: runningView({ activity: activity('failed') }),
      steps: ['start u.service: it ended by itself (failed)'],
    },
    {
      name: 'a foreign unit that has ended is left to systemd',
      unit: runningView({
        activity: activity('inactive', 'dead'),
        prepared: prepared({ revive: 'failed' }),
      }),
      steps: [],
    },
    {
      name: 'a newer revision is prepared while the old one runs',
      unit: runningView({ placement: placement({ revision: 8 }) }),
      steps: ['prepare u.service: changed at revision 8'],
    },
    {
      name: 'a newer revision that changes nothing touches nothing',
      unit: runningView({
        placement: placement({ revision: 8 }),
        prepared: prepared({ revision: 8 }),
      }),
      steps: [],
    },
    {
      name: 'an exclusive unit found without its lock takes it up',
      unit: runningView({ locked: false }),
      steps: ['lock u.service: it runs without its lock'],
    },
    {
      name: 'an exclusive unit whose lock is lost is stopped at once',
      unit: servingView({ lockLost: true }),
      world: { writable: false },
      steps: ['stop u.service: its lock in the store is lost and it must not run twice'],
    },
  ],
  'changing it': [
    {
      name: 'a changed unit is drained first',
      unit: servingView({ prepared: changed }),
      steps: ['drain u.service: what it must run has changed'],
    },
    {
      name: 'then stopped',
      unit: servingView({ prepared: changed, published: undefined, drained: true }),
      steps: ['stop u.service: what it must run has changed'],
    },
    {
      name: 'then replaced',
      unit: servingView({
        prepared: changed,
        published: undefined,
        activity: activity('inactive', 'dead'),
      }),
      steps: ['install u.service: its file has changed'],
    },
    {
      name: 'then started',
      unit: servingView({
        prepared: changed,
        published: undefined,
        installed: 'f2',
        activity: undefined,
      }),
      steps: ['start u.service: spread'],
    },
    {
      name: 'a restart that was asked goes the same way',
      unit: servingView({ prepared: prepared({ routed, restarts: 1 }) }),
      steps: ['drain u.service: restart 1 was asked'],
    },
    {
      name: 'without the store what serves is not changed',
      unit: servingView({ prepared: changed }),
      world: { writable: false },
      steps: [],
    },
    {
      name: 'an upstream on its way is waited for before draining',
      unit: servingView({ prepared: changed, busy: { route: 'publish' } }),
      steps: [],
    },
  ],
  'on the way down': [
    {
      name: 'a stop drains what is published',
      unit: servingView({ placement: stopping }),
      steps: ['drain u.service: placement says stop: moved to m2'],
    },
    {
      name: 'a withdrawn one whose requests may still run is drained too',
      unit: servingView({
        placement: stopping,
        published: undefined,
        withdrawn: UPSTREAM,
      }),
      steps: ['drain u.service: placement says stop: moved to m2'],
    },
    {
      name: 'one that was never published is stopped at once',
      unit: servingView({ placement: stopping, published: undefined }),
      steps: ['stop u.service: placement says stop: moved to m2'],
    },
    {
      name: 'a drain ends when it is wanted again',
      unit: servingView({ published: undefined, busy: { life: 'drain' } }),
      steps: ['cancel u.service: it is wanted again'],
    },
    {
      name: 'a drained one that is wanted again is not stopped',
      unit: servingView({ published: undefined, drained: true }),
      steps: ['cancel u.service: it is wanted again'],
    },
    {
      name: 'a drain for a change goes on',
      unit: servingView({ prepared: changed, busy: { life: 'drain' } }),
      steps: [],
    },
    {
      name: 'stopped: its files stay',
      unit: runningView({ placement: stopping, activity: activity('inactive', 'dead') }),
      steps: [],
    },
    {
      name: 'one that is to be gone is stopped first',
      unit: runningView({ placement: leaving }),
      steps: ['stop u.service: placement says gone: destroyed'],
    },
    {
      name: 'then removed',
      unit: runningView({ placement: leaving, activity: undefined }),
      steps: ['remove u.service: placement says gone: destroyed'],
    },
    {
      name: 'a container that outlived its unit file goes too',
      unit: view({ placement: leaving, remains: true }),
      steps: ['remove u.service: placement says gone: destroyed'],
    },
    {
      name: 'then nothing',
      unit: view({ placement: leaving }),
      steps: [],
    },
    {
      name: 'and forgotten when the scheduler has dropped its placement',
      unit: view(),
      steps: ['forget u.service: nothing is left of it'],
    },
    {
      name: 'loaded instead of launched stops it and keeps it',
      unit: runningView({ prepared: prepared({ launch: false }) }),
      steps: ['stop u.service: it is to be loaded, not started'],
    },
  ],
  'without a placement': [
    {
      name: 'what runs goes on',
      unit: servingView({ placement: undefined }),
      steps: [],
    },
    {
      name: 'and stays published',
      unit: servingView({ placement: undefined, published: undefined }),
      steps: ['publish u.service: it is healthy'],
    },
    {
      name: 'what does not run is cleaned away',
      unit: view({ installed: 'f1', prepared: prepared(), started: STARTED }),
      steps: ['remove u.service: no placement names it and it does not run'],
    },
    {
      name: 'so is a container that outlived its unit file',
      unit: view({ remains: true }),
      steps: ['remove u.service: no placement names it and it does not run'],
    },
    {
      name: 'but only on the word of the store',
      unit: view({ installed: 'f1', prepared: prepared() }),
      world: { synced: false },
      steps: [],
    },
    {
      name: 'nothing is forgotten while its upstream is there',
      unit: view({ prepared: prepared({ routed }), published: UPSTREAM }),
      steps: ['withdraw u.service: it does not run'],
    },
  ],
};

for (const [topic, cases] of Object.entries(CASES)) {
  void t.test(topic, async (t) => {
    for (const { name, unit, world, steps } of cases) {
      t.strictSame(plan(snapshot([unit], world)).map(sentence), steps, name);
    }
  });
}

// What a deployment does next, as a table: what is seen → what is decided, and why.

import t from 'tap';
import { type Decision, plan } from '../../src/controller/deployment/plan.ts';
import type { DeploymentView, Instance } from '../../src/controller/deployment/view.ts';
import type { Deployment, DeploymentStep } from '../../src/model/rollout.ts';
import type { UnitState, WantedUnit } from '../../src/model/unit.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

interface Seen {
  step: DeploymentStep;
  kind?: Deployment['kind'];
  added?: string[];
  removed?: string[];
  restarts?: Record<string, number>;
  published?: number;
  /** Per unit: its desired state, restarts. Absent: no record. */
  units?: Record<string, { desired?: WantedUnit['desired']; restarts?: number; routed?: boolean }>;
  states?: Record<string, Partial<UnitState>>;
  placed?: string[];
  unschedulable?: Record<string, string>;
  routers?: Record<string, number>;
  steadyFor?: number;
  troubledFor?: Record<string, number>;
  secondsLeft?: number;
}

const WEB = 'blog_v2.web.1.service';
const OLD = 'blog_v1.web.1.service';
const UP: Partial<UnitState> = {
  phase: 'running',
  active: 'active',
  health: 'healthy',
  published: 50,
};

function decide(seen: Seen): string {
  return sentence(plan(view(seen)));
}

function sentence(decision: Decision): string {
  switch (decision.kind) {
    case 'wait':
      return `wait: ${decision.reason}`;
    case 'release':
      return `run the release phase: ${decision.reason}`;
    case 'change-units':
      return `${decision.changes.map(({ kind, unit }) => `${kind} ${unit}`).join(', ')}: ${decision.reason}`;
    case 'move':
      return `${decision.step}: ${decision.reason}`;
  }
}

function view(seen: Seen): DeploymentView {
  const {
    step,
    kind = 'deploy',
    added = [WEB],
    removed = [OLD],
    restarts,
    published,
    secondsLeft = 60,
  } = seen;
  const deployment: Deployment = {
    app: 'blog',
    id: 'd',
    user: 'ada',
    kind,
    from: 1,
    to: 2,
    structure: {},
    before: {},
    step,
    added,
    removed,
    deadline: new Date(NOW + secondsLeft * 1000).toISOString(),
    events: [],
    ...(restarts ? { restarts } : {}),
    ...(published === undefined ? {} : { published }),
  };
  const units = new Map(
    Object.entries(seen.units ?? {}).map(
      ([name, { desired = 'launched', restarts: count = 0, routed = true }]) => {
        const process = { type: name.split('.')[1], routed } as unknown as NonNullable<
          WantedUnit['process']
        >;
        const unit: WantedUnit = {
          name,
          kind: 'app',
          desired,
          options: [],
          restarts: count,
          process,
        };
        return [name, { unit, revision: 10 }];
      },
    ),
  );
  const instances = new Map(
    Object.entries(seen.states ?? {}).map(([name, state]): [string, Instance[]] => [
      name,
      [
        {
          machine: 'm1',
          state: {
            phase: 'starting',
            active: 'activating',
            health: 'unknown',
            revision: 10,
            restarts: 0,
            crashes: 0,
            ...state,
          } as UnitState,
        },
      ],
    ]),
  );
  return {
    deployment,
    units,
    instances,
    placements: new Map(
      (seen.placed ?? Object.keys(seen.states ?? {})).map((unit) => [unit, ['m1']]),
    ),
    unschedulable: new Map(Object.entries(seen.unschedulable ?? {})),
    routers: Object.entries(seen.routers ?? { ada: 100 }).map(([name, endpoints]) => ({
      name,
      endpoints,
    })),
    machineNames: new Map([['m1', 'ada']]),
    steadyFor: seen.steadyFor ?? 5000,
    troubledFor: new Map(Object.entries(seen.troubledFor ?? {})),
    now: NOW,
  };
}

const both = { [WEB]: {}, [OLD]: {} };
const CASES: [name: string, seen: Seen, decision: string][] = [
  ['begins', { step: 'queued' }, 'starting: it is the only deployment of this app'],
  ['wants the new units', { step: 'starting' }, `start ${WEB}: web.1 not wanted yet`],
  [
    'waits for health',
    { step: 'starting', units: both, states: { [WEB]: {} } },
    'wait: web.1 not healthy yet',
  ],
  [
    'does not take a report about an older record',
    { step: 'starting', units: both, states: { [WEB]: { ...UP, revision: 9 } } },
    'wait: web.1 not healthy yet',
  ],
  [
    'healthy but not published is not enough for a routed one',
    {
      step: 'starting',
      units: both,
      states: { [WEB]: { phase: 'running', active: 'active', health: 'healthy' } },
    },
    'wait: web.1 not healthy yet',
  ],
  [
    'waits a minimum time',
    { step: 'starting', units: both, states: { [WEB]: UP }, steadyFor: 400 },
    'wait: new containers are healthy, but not long enough',
  ],
  [
    'then asks the routers',
    { step: 'starting', units: both, states: { [WEB]: UP } },
    'applying: new containers are healthy and published',
  ],
  [
    'a worker needs no router',
    {
      step: 'starting',
      units: { [WEB]: { routed: false } },
      states: { [WEB]: { phase: 'running', active: 'active', health: 'none' } },
    },
    'withdrawing: new containers are healthy, none is routed',
  ],
  ['nothing to start', { step: 'starting', added: [] }, 'withdrawing: there is nothing to start'],
  [
    'a crash loop reverts',
    { step: 'starting', units: both, states: { [WEB]: { crashes: 3, exitCode: 7 } } },
    'reverting: web.1 on ada crashed 3 times: exit code 7',
  ],
  [
    'how it ended is told though it runs again and is only not healthy yet',
    {
      step: 'starting',
      units: both,
      states: {
        [WEB]: {
          crashes: 3,
          phase: 'running',
          active: 'active',
          health: 'unhealthy',
          message: 'connection refused',
          lastEnd: { exitCode: 137, outOfMemory: true },
        },
      },
    },
    'reverting: web.1 on ada crashed 3 times: exit code 137 (out of memory: it reached its limit)',
  ],
  [
    'the first crash condemns nobody',
    {
      step: 'starting',
      units: both,
      states: { [WEB]: { phase: 'failed', crashes: 1, exitCode: 1 } },
      troubledFor: { [WEB]: 3000 },
    },
    'wait: web.1 not healthy yet',
  ],
  [
    'a unit that stays failed reverts and says what the machine says',
    {
      step: 'starting',
      units: both,
      states: { [WEB]: { phase: 'failed', message: 'no space left' } },
      troubledFor: { [WEB]: 15_000 },
    },
    'reverting: web.1 on ada cannot be started: no space left',
  ],
  [
    'an image that cannot be pulled is tried for a while',
    {
      step: 'starting',
      units: both,
      states: { [WEB]: { phase: 'pending', message: 'no such image' } },
      troubledFor: { [WEB]: 14_000 },
    },
    'wait: web.1 not healthy yet',
  ],
  [
    'and then condemns it',
    {
      step: 'starting',
      units: both,
      states: { [WEB]: { phase: 'pending', message: 'no such image' } },
      troubledFor: { [WEB]: 15_000 },
    },
    'reverting: web.1 on ada cannot be started: no such image',
  ],
  [
    'no machine may run it',
    { step: 'starting', units: both, unschedulable: { [WEB]: 'no machine has disk=ssd' } },
    'reverting: web.1 can run on no machine: no machine has disk=ssd',
  ],
  [
    'out of time, nothing started',
    { step: 'starting', units: both, secondsLeft: -1 },
    'reverting: web.1: no machine has started it in time',
  ],
  [
    'out of time, not healthy',
    {
      step: 'starting',
      units: both,
      states: { [WEB]: { message: 'connection refused on port 5000' } },
      secondsLeft: 0,
    },
    'reverting: web.1 on ada: not healthy in time: connection refused on port 5000',
  ],
  [
    'all routers must confirm',
    {
      step: 'applying',
      published: 50,
      units: both,
      states: { [WEB]: UP },
      routers: { ada: 60, bob: 49 },
    },
    'wait: the router on bob has not confirmed the new containers',
  ],
  [
    'a later publication counts',
    {
      step: 'applying',
      published: 50,
      units: both,
      states: { [WEB]: { ...UP, published: 70 } },
      routers: { ada: 60 },
    },
    'wait: the router on ada has not confirmed the new containers',
  ],
  [
    'a router that never confirms reverts',
    {
      step: 'applying',
      published: 50,
      units: both,
      states: { [WEB]: UP },
      routers: { ada: 0 },
      secondsLeft: 0,
    },
    'reverting: the router on ada has not confirmed the new containers',
  ],
  [
    'no router, nobody to wait for',
    { step: 'applying', published: 50, units: both, states: { [WEB]: UP }, routers: {} },
    'withdrawing: all live routers send to the new containers',
  ],
  [
    'a container that falls over while routers confirm is waited for',
    {
      step: 'applying',
      published: 50,
      units: both,
      states: { [WEB]: { phase: 'failed', crashes: 1 } },
    },
    'wait: web.1 not healthy any more',
  ],
  [
    'and reverts when it does not come back',
    {
      step: 'applying',
      published: 50,
      units: both,
      states: { [WEB]: { phase: 'failed', crashes: 3 } },
    },
    'reverting: web.1 on ada crashed 3 times: no reason given',
  ],
  [
    'old ones go',
    { step: 'withdrawing', units: both, states: { [WEB]: UP, [OLD]: UP } },
    `retire ${OLD}: old containers are not needed any more`,
  ],
  [
    'and are waited for',
    {
      step: 'withdrawing',
      units: { ...both, [OLD]: { desired: 'gone' } },
      states: { [OLD]: { phase: 'draining' } },
    },
    'wait: web.1 still drains or stops',
  ],
  [
    'reported gone is gone',
    {
      step: 'withdrawing',
      units: { ...both, [OLD]: { desired: 'gone' } },
      states: { [OLD]: { phase: 'gone' } },
    },
    'done: no old container is left',
  ],
  [
    'placed and not yet reported is not gone',
    { step: 'withdrawing', units: { [OLD]: { desired: 'gone' } }, placed: [OLD] },
    'wait: web.1 still drains or stops',
  ],
  [
    'a silent machine does not hold it up for ever',
    { step: 'withdrawing', units: { [OLD]: { desired: 'gone' } }, placed: [OLD], secondsLeft: 0 },
    'done: web.1 has not stopped in time and goes as soon as its machine answers',
  ],
  [
    'reverting takes the new ones away and leaves the old',
    { step: 'reverting', units: both, states: { [WEB]: UP, [OLD]: UP } },
    `retire ${WEB}: new containers are not needed any more`,
  ],
  ['reverted', { step: 'reverting', units: { [OLD]: {} } }, 'reverted: no new container is left'],
  ['done stays done', { step: 'done' }, 'wait: it is done'],
];

for (const [name, seen, decision] of CASES) {
  t.equal(decide(seen), decision, name);
}

t.test('restarts: one container of each type at a time', async (t) => {
  const [web1, web2, job1] = [
    'blog_v1.web.1.service',
    'blog_v1.web.2.service',
    'blog_v1.job.1.service',
  ] as const;
  const seen: Seen = {
    step: 'restarting',
    kind: 'restart',
    added: [],
    removed: [],
    restarts: { [web1]: 1, [web2]: 1, [job1]: 1 },
  };
  const units = { [web1]: {}, [web2]: {}, [job1]: { routed: false } };
  const job = { ...UP, health: 'none' as const };
  const up = { [web1]: UP, [web2]: UP, [job1]: job };
  t.equal(
    decide({ ...seen, units, states: up }),
    `restart ${web1}, restart ${job1}: next to be restarted: web.1, job.1`,
  );
  const told = { ...units, [web1]: { restarts: 1 }, [job1]: { restarts: 1, routed: false } };
  t.equal(decide({ ...seen, units: told, states: up }), 'wait: web.1, job.1 not serving again yet');
  const back = { ...UP, restarts: 1, published: 90 };
  t.equal(
    decide({
      ...seen,
      units: told,
      states: { ...up, [web1]: back, [job1]: { ...job, restarts: 1 } },
      routers: { ada: 80 },
    }),
    'wait: web.1 not serving again yet',
    'its router must know it again',
  );
  t.equal(
    decide({
      ...seen,
      units: told,
      states: { ...up, [web1]: back, [job1]: { ...job, restarts: 1 } },
    }),
    `restart ${web2}: next to be restarted: web.2`,
  );
  const all = { ...told, [web2]: { restarts: 1 } };
  t.equal(
    decide({
      ...seen,
      units: all,
      states: { [web1]: back, [web2]: back, [job1]: { ...job, restarts: 1 } },
    }),
    'withdrawing: all containers have been restarted',
  );
  t.equal(
    decide({ ...seen, units: told, states: { ...up, [web1]: { restarts: 1, crashes: 4 } } }),
    'reverting: web.1 on ada crashed 4 times: no reason given',
  );
});

t.test('the plan changes nothing and has no memory', async (t) => {
  for (const [name, seen] of CASES) {
    const seenView = view(seen);
    const before = JSON.stringify(seenView.deployment);
    t.same(plan(seenView), plan(seenView), name);
    t.equal(JSON.stringify(seenView.deployment), before);
  }
});

t.test('many units go in batches that fit a transaction', async (t) => {
  const added = Array.from({ length: 120 }, (_, index) => `blog_v2.web.${index + 1}.service`);
  const decision = plan(view({ step: 'starting', added }));
  t.equal(decision.kind, 'change-units');
  if (decision.kind === 'change-units') t.equal(decision.changes.length, 50);
});

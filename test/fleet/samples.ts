// Requests with the answers that a real fleetd 1.0.0 gave them, in order: each row builds on those before. `mended` says what is
// answered instead where fleet crashed, lied or let a poisoned unit in.

import { MACHINE_ID } from './world.ts';

export interface Sample {
  method?: string;
  path: string;
  /** Sent with `application/json` unless `types` says otherwise. */
  body?: unknown;
  types?: string[];
  status: number;
  /** Of the error; or the whole body as JSON text; a pattern when only a part of it is told. Absent: an empty body. */
  message?: string;
  json?: string | RegExp;
  mended?: string;
  /** Asked until it is answered so: an agent has to act first. */
  soon?: boolean;
}

const SLEEP = { section: 'Service', name: 'ExecStart', value: '/bin/sleep infinity' };
const fleet = (name: string, value: string) => ({ section: 'X-Fleet', name, value });
const NO_UNIT = 'unit does not exist';
const NO_OPTIONS = 'unit does not exist and options field empty';
const NO_STATE = 'must provide DesiredState to update existing unit';

const get = (path: string, json: string | RegExp): Sample => ({ path, status: 200, json });
const refused = (path: string, status: number, message: string): Sample => ({
  path,
  status,
  message,
});
/** PUT of a unit in the options of `a sleep`, unless the body says otherwise. */
const put = (name: string, status: number, message?: string, body?: unknown): Sample => ({
  method: 'PUT',
  path: `/fleet/v1/units/${name}`,
  body: body ?? { options: [SLEEP] },
  status,
  ...(message !== undefined && { message }),
});
const patch = (status: number, message: string | undefined, ...ops: unknown[]): Sample => ({
  method: 'PATCH',
  path: '/fleet/v1/machines',
  body: ops,
  types: [],
  status,
  ...(message !== undefined && { message }),
});

const machine = (metadata: string): string =>
  `{"machines":[{"id":"${MACHINE_ID}",${metadata}"primaryIP":"10.77.9.21"}]}`;
const MACHINES = machine('"metadata":{"host":"f1"},');
const LABEL = `/${MACHINE_ID}/metadata/foo`;

const OPTIONS =
  '"options":[{"name":"ExecStart","section":"Service","value":"/bin/sleep infinity"}]';
const LAUNCHED = `{"currentState":"launched","desiredState":"launched","machineID":"${MACHINE_ID}","name":"a.service",${OPTIONS}}`;
const stateOf = (name: string, hash: string): string =>
  `{"hash":"${hash}","machineID":"${MACHINE_ID}","name":"${name}","systemdActiveState":"active","systemdLoadState":"loaded","systemdSubState":"running"}`;
const A = stateOf('a.service', '8385c9176f09a5ee3bbb88d45c6fc3f0b69d1f52');
const G = stateOf('g.service', '2164d2a342cc617f5fbcd692ac82d9846ef4424a');
const GLOBAL = `"options":[{"name":"ExecStart","section":"Service","value":"/bin/sleep infinity"},{"name":"Global","section":"X-Fleet","value":"yes"}]`;
const inactive = (name: string): string =>
  `{"currentState":"inactive","desiredState":"inactive","name":"${name}",${OPTIONS}}`;

export const PATHS: Sample[] = [
  refused('/', 405, ''),
  refused('/nope', 404, ''),
  refused('/fleet/v1', 405, ''),
  refused('/fleet/v1/', 404, ''),
  {
    method: 'POST',
    path: '/fleet/v1/units',
    body: {},
    status: 405,
    message: 'only GET supported against this resource',
  },
  get('/v1-alpha/machines', MACHINES),
  get(
    '/fleet/v1/discovery',
    /^\{\n {2}"kind": "discovery#restDescription",\n {2}"discoveryVersion": "v1",\n {2}"id": "fleet:v1",\n {2}"name": "schema",\n {2}"version"/,
  ),
  {
    method: 'POST',
    path: '/fleet/v1/discovery',
    body: {},
    status: 400,
    message: 'only HTTP GET supported against this resource',
  },
  get('/fleet/v1/machines', MACHINES),
  get('/fleet/v1/units', '{}'),
  get('/fleet/v1/state', '{}'),
  refused('/fleet/v1/machines/abc', 404, ''),
  {
    method: 'DELETE',
    path: '/fleet/v1/machines',
    status: 405,
    message: 'only GET and PATCH supported against this resource',
  },
  refused('/fleet/v1/units/nope.service', 404, NO_UNIT),
  { method: 'DELETE', path: '/fleet/v1/units/nope.service', status: 404, message: NO_UNIT },
  { ...refused('/fleet/v1/state/nope.service', 404, NO_UNIT), mended: 'the handler crashed' },
];

export const CREATING: Sample[] = [
  put('a.service', 409, NO_OPTIONS, { desiredState: 'launched' }),
  {
    ...put(
      'a.service',
      400,
      "unable to decode body: invalid character 'o' in literal null (expecting 'u')",
    ),
    body: 'not json',
  },
  {
    ...put('a.service', 415, 'only acceptable Content-Type is application/json'),
    types: ['application/x-www-form-urlencoded'],
  },
  { ...put('ct.service', 201), types: ['application/json; charset=utf-8'] },
  put(
    'a.service',
    400,
    'name in URL "a.service" differs from unit name in request body "b.service"',
    {
      name: 'b.service',
      options: [SLEEP],
    },
  ),
  put('a', 400, 'unit name must contain "."'),
  put('a.', 400, 'unit name cannot end in "."'),
  put('a.foo', 400, 'invalid unit type: "foo"'),
  put('@.service', 400, 'unit name cannot start in "@"'),
  put('a@.mount', 400, 'invalid unit type for template: "mount"'),
  put('a%20b.service', 400, "invalid character ' ' in unit name"),
  put('a%2Fb.service', 404, ''),
  put('x.target', 201),
  put('x.slice', 201),
  put('x.snapshot', 201),
  put('opt0.service', 409, NO_OPTIONS, { desiredState: 'inactive', options: [] }),
  put('bad1.service', 400, 'MachineID cannot be used with Global', {
    options: [fleet('MachineID', 'abc'), fleet('Global', 'true')],
  }),
  put(
    'bad2.service',
    400,
    'unresolvable requirements: peer "foo.service" matches conflict "foo*"',
    {
      options: [fleet('MachineOf', 'foo.service'), fleet('Conflicts', 'foo*')],
    },
  ),
  put('bad3.service', 400, 'Conflicts cannot be used with Replaces', {
    options: [fleet('Conflicts', 'foo*'), fleet('Replaces', 'bar*')],
  }),
  put('unk.service', 201, undefined, {
    options: [
      fleet('Nonsense', '1'),
      { section: 'Service', name: 'ExecStart', value: '/bin/true' },
    ],
  }),
  {
    ...put(
      'badst.service',
      400,
      'invalid desiredState "bogus": expect inactive, loaded or launched',
      { desiredState: 'bogus', options: [SLEEP] },
    ),
    mended: '500, and on an existing unit a record that nobody could remove',
  },
];

export const RUNNING: Sample[] = [
  put('a.service', 201, undefined, { desiredState: 'launched', options: [SLEEP] }),
  put('a.service', 204, undefined, { desiredState: 'launched', options: [SLEEP] }),
  put('a.service', 409, NO_STATE, { options: [SLEEP] }),
  put('g.service', 201, undefined, {
    desiredState: 'launched',
    options: [SLEEP, fleet('Global', 'yes')],
  }),
  { ...get('/fleet/v1/units/a.service', LAUNCHED), soon: true },
  get('/fleet/v1/units/g.service', `{"desiredState":"launched","name":"g.service",${GLOBAL}}`),
  { ...get('/fleet/v1/state', `{"states":[${A},${G}]}`), soon: true },
  get(
    '/fleet/v1/units',
    `{"units":[${[
      LAUNCHED,
      inactive('ct.service'),
      `{"currentState":"inactive","desiredState":"launched","name":"g.service",${GLOBAL}}`,
      `{"currentState":"inactive","desiredState":"inactive","name":"unk.service","options":[{"name":"Nonsense","section":"X-Fleet","value":"1"},{"name":"ExecStart","section":"Service","value":"/bin/true"}]}`,
      ...['x.slice', 'x.snapshot', 'x.target'].map(inactive),
    ].join(',')}]}`,
  ),
  get('/fleet/v1/state/a.service', A),
  get('/fleet/v1/state?unitName=g.service', `{"states":[${G}]}`),
  get('/fleet/v1/state?machineID=zzz', '{}'),
  {
    ...get('/fleet/v1/state/ct.service', '{"name":"ct.service"}'),
    mended: 'fleetctl broke on 404',
  },
  put('a.service', 204, undefined, { desiredState: 'loaded' }),
  put('a.service', 409, NO_STATE, {}),
  {
    ...put('a.service', 400, 'MachineID cannot be used with Global', {
      options: [SLEEP, fleet('MachineID', 'x'), fleet('Global', 'true')],
    }),
    mended: 'new options of an existing unit were not checked',
  },
  put('a.service', 201, undefined, {
    options: [{ section: 'Service', name: 'ExecStart', value: '/bin/sleep 9999' }],
  }),
  {
    ...get(
      '/fleet/v1/units/a.service',
      '{"currentState":"inactive","desiredState":"inactive","name":"a.service","options":[{"name":"ExecStart","section":"Service","value":"/bin/sleep 9999"}]}',
    ),
    soon: true,
  },
  {
    ...put('ct.service', 400, 'invalid desiredState "bogus": expect inactive, loaded or launched', {
      desiredState: 'bogus',
    }),
    mended: 'see badst.service',
  },
  get('/fleet/v1/units/ct.service', inactive('ct.service')),
  { method: 'DELETE', path: '/fleet/v1/units/ct.service', status: 204 },
  refused('/fleet/v1/units/ct.service', 404, NO_UNIT),
];

export const TEMPLATES: Sample[] = [
  {
    ...put('t@.service', 400, 'cannot activate template "t@.service"', {
      desiredState: 'launched',
      options: [SLEEP],
    }),
    mended: 'it was scheduled, and the agent that got it did nothing ever after',
  },
  put('t@.service', 201),
  put('t@.service', 400, 'cannot activate template "t@.service"', { desiredState: 'launched' }),
  get('/fleet/v1/units/t@.service', inactive('t@.service')),
  get('/fleet/v1/units/t%40.service', inactive('t@.service')),
];

export const PAGES: Sample[] = [
  refused('/fleet/v1/units?nextPageToken=zzz', 400, 'illegal base64 data at input byte 0'),
  refused('/fleet/v1/units?nextPageToken=EwBMLg==', 400, 'token limit must be 100'),
  get('/fleet/v1/units?nextPageToken=ZAACAA==', '{}'),
  refused(
    '/fleet/v1/units?nextPageToken=ZAACAA==&nextPageToken=ZAACAA==',
    400,
    'too many values for page token',
  ),
  refused('/fleet/v1/units?nextPageToken=ZAAAAA==', 400, 'token page must be greater than zero'),
];

const INVALID_OP = 'invalid op: expect add, remove, or replace';

export const LABELS: Sample[] = [
  {
    ...patch(204, undefined, { op: 'add', path: LABEL, value: 'bar' }),
    mended: 'only the form that is documented nowhere was taken',
  },
  patch(204, undefined, { op: 'add', path: LABEL, value: { value: 'bar' } }),
  get('/fleet/v1/machines', machine('"metadata":{"foo":"bar","host":"f1"},')),
  patch(
    204,
    undefined,
    { op: 'remove', path: LABEL },
    { op: 'remove', path: `/${MACHINE_ID}/metadata/host` },
  ),
  get('/fleet/v1/machines', machine('')),
  patch(400, INVALID_OP, { op: 'test', path: LABEL }),
  patch(400, 'machine metadata path invalid', {
    op: 'add',
    path: `/${MACHINE_ID}/foo`,
    value: { value: 'x' },
  }),
  patch(400, 'invalid value: add and replace require a value', { op: 'add', path: LABEL }),
  patch(204, undefined, { op: 'add', path: '/unknownmachine/metadata/foo', value: { value: 'x' } }),
  get('/fleet/v1/machines', machine('')),
  get('/metrics', /^# HELP fleet_engine_leader_start_time Start time of becoming an engine leader/),
];

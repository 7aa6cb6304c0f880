// The pure rules of fleet's API: how far a unit has come, how Go reads and quotes.

import t from 'tap';
import { type Presence, whereabouts } from '../../src/fleet/current-state.ts';
import { readJson } from '../../src/fleet/go-json.ts';
import { encodeJson, quoteCharacter, quoteText } from '../../src/fleet/go-text.ts';
import { fleetSettingProblem, parseListen } from '../../src/fleet/settings.ts';
import type { DesiredState, UnitState } from '../../src/model/unit.ts';
import { placement } from '../agent/views.ts';
import { unitState } from '../scheduler/picture.ts';

const REVISION = 5;

interface Case {
  name: string;
  desired: DesiredState;
  want?: 'run' | 'stop';
  lost?: boolean;
  state?: Partial<UnitState>;
  says: string;
}

const at = (patch: Partial<UnitState>): Partial<UnitState> => ({ revision: REVISION, ...patch });
const down = { active: 'inactive', sub: 'dead' };

const CASES: Case[] = [
  { name: 'placed nowhere', desired: 'launched', says: 'inactive' },
  { name: 'placed, nothing reported', desired: 'launched', want: 'run', says: 'inactive' },
  {
    name: 'its order was heard',
    desired: 'launched',
    want: 'run',
    state: at({ ...down, phase: 'pending' }),
    says: 'inactive',
  },
  {
    name: 'its file is there',
    desired: 'launched',
    want: 'run',
    state: at({ ...down, phase: 'starting' }),
    says: 'loaded',
  },
  {
    name: 'systemd starts it',
    desired: 'launched',
    want: 'run',
    state: at({ active: 'activating', phase: 'starting' }),
    says: 'launched',
  },
  {
    name: 'it cannot even be installed: nothing more will come',
    desired: 'launched',
    want: 'run',
    state: at({ ...down, phase: 'pending', message: 'its name is too long' }),
    says: 'launched',
  },
  { name: 'it runs', desired: 'launched', want: 'run', state: at({}), says: 'launched' },
  {
    name: 'it has done its work',
    desired: 'launched',
    want: 'run',
    state: at({ ...down, phase: 'stopped' }),
    says: 'launched',
  },
  {
    name: 'it failed',
    desired: 'launched',
    want: 'run',
    state: at({ active: 'failed', phase: 'failed' }),
    says: 'launched',
  },
  {
    name: 'systemd refuses it: it was asked',
    desired: 'launched',
    want: 'run',
    state: at({ ...down, phase: 'starting', message: 'it did not start: bad setting' }),
    says: 'launched',
  },
  {
    name: 'what runs is of an earlier order',
    desired: 'launched',
    want: 'run',
    state: { revision: 4 },
    says: 'loaded',
  },
  {
    name: 'a restart is not done yet',
    desired: 'launched',
    want: 'run',
    state: at({ restarts: 6 }),
    says: 'loaded',
  },
  {
    name: 'to be loaded, still running',
    desired: 'loaded',
    want: 'run',
    state: { revision: 4 },
    says: 'launched',
  },
  {
    name: 'to be loaded, stopping',
    desired: 'loaded',
    want: 'run',
    state: at({ active: 'deactivating', phase: 'stopping' }),
    says: 'launched',
  },
  {
    name: 'loaded',
    desired: 'loaded',
    want: 'run',
    state: at({ ...down, phase: 'stopped' }),
    says: 'loaded',
  },
  {
    name: 'loaded, and its socket started it',
    desired: 'loaded',
    want: 'run',
    state: at({}),
    says: 'loaded',
  },
  { name: 'leaving', desired: 'inactive', want: 'stop', state: {}, says: 'launched' },
  {
    name: 'it has stopped',
    desired: 'inactive',
    want: 'stop',
    state: { ...down, phase: 'stopped' },
    says: 'inactive',
  },
  {
    name: 'nobody can tell: the machine is lost',
    desired: 'inactive',
    want: 'stop',
    lost: true,
    state: {},
    says: 'inactive',
  },
];

void t.test('how far a unit has come', async (t) => {
  for (const { name, desired, want, lost = false, state, says } of CASES) {
    const unit = { name: 'u.service', kind: 'foreign' as const, desired, options: [], restarts: 0 };
    const presence: Presence = {
      machine: 'm1',
      lost,
      ...(want && { placement: placement({ want, kind: 'foreign' }) }),
      ...(state && { state: unitState(state) }),
    };
    t.equal(whereabouts(unit, REVISION, want ? [presence] : []).currentState, says, name);
  }
});

void t.test('the replacement counts, not what retires', async (t) => {
  const unit = {
    name: 'u.service',
    kind: 'foreign' as const,
    desired: 'launched' as const,
    options: [],
    restarts: 0,
  };
  const old = { machine: 'm1', lost: false, placement: placement({ retiring: true }) };
  const next = { machine: 'm2', lost: false, placement: placement() };
  t.match(whereabouts(unit, REVISION, [old, next]), { machine: 'm2' });
});

const PROBLEMS: [string, string][] = [
  ['', 'EOF'],
  [' \n', 'EOF'],
  ['{', 'unexpected EOF'],
  ['{"a', 'unexpected EOF'],
  ['nul', 'unexpected EOF'],
  ['not', "invalid character 'o' in literal null (expecting 'u')"],
  ['?', "invalid character '?' looking for beginning of value"],
  ['{a', "invalid character 'a' looking for beginning of object key string"],
  ['{"a" 1', "invalid character '1' after object key"],
  ['{"a":1 1', "invalid character '1' after object key:value pair"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['"\n"', "invalid character '\\n' in string literal"],
  ['"\\q"', "invalid character 'q' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['-x', "invalid character 'x' in numeric literal"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['1ex', "invalid character 'x' in exponent of numeric literal"],
];

void t.test('JSON as Go reads it', async (t) => {
  for (const [text, problem] of PROBLEMS) t.strictSame(readJson(text), { problem }, text);
  const values = ['{}', ' [] x', '{"a":[1,{"b":null}],"c":"\\u0041\\n"}}', '-0.5e+3 ', 'true'];
  for (const text of values) t.notOk('problem' in readJson(text), text);
  t.strictSame(readJson('{"a":1} {"a":2}'), { value: { a: 1 } }, 'the first value counts');
});

void t.test('texts as Go writes them', async (t) => {
  t.equal(quoteText('a"\n\u0001é\\'), '"a\\"\\n\\x01é\\\\"');
  t.equal(quoteCharacter("'"), "'\\''");
  t.equal(encodeJson({ a: '<&>' }), '{"a":"\\u003c\\u0026\\u003e"}');
});

void t.test('where TCP may listen', async (t) => {
  t.strictSame(parseListen('49153', '10.0.0.1'), { host: '10.0.0.1', port: 49_153 });
  t.strictSame(parseListen('[::1]:80', 'x'), { host: '::1', port: 80 });
  t.strictSame(parseListen('0.0.0.0:80', 'x'), { host: '0.0.0.0', port: 80 });
  for (const text of ['', 'x', 'host:80', '1.2.3.4', ':0', '99999', '1.2.3.4:99999']) {
    t.equal(parseListen(text, '127.0.0.1'), undefined, text);
  }
  t.match(fleetSettingProblem('socket', 'x'), /no setting socket/);
  t.match(fleetSettingProblem('listen', 'x'), /is not a port/);
});

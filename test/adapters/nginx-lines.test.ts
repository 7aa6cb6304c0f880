// Routes as lines: nothing but words gets in, and what workers report is read back.

import fc from 'fast-check';
import t from 'tap';
import { parseState, routesAsLines } from '../../src/adapters/nginx-lines.ts';

const none = {
  hosts: {},
  groups: {},
  policies: {},
  certificates: {},
  bundles: new Map(),
  challenges: {},
  down: [],
  closing: false,
  leaving: false,
};

void t.test('lines a person can read', async (t) => {
  const lines = routesAsLines({
    ...none,
    hosts: { 'a.x': 'a', '*.y': '-' },
    groups: { a: ['10.0.0.1:1', '10.0.0.2:2'], idle: [] },
    policies: {
      a: { body: 0, maintenance: '<b>=\n', allow: [{ bytes: '0a000000', bits: 8 }] },
      idle: { affinity: { kind: 'cookie', name: 'session' }, https: true },
    },
    certificates: { '*': 'c1', '*.y': 'c2' },
    challenges: { 'to-ken_': 'to-ken_.print' },
    down: ['10.0.0.2'],
    closing: true,
    leaving: true,
  });
  t.equal(
    lines,
    `host a.x a
host *.y -
app a 10.0.0.1:1 10.0.0.2:2
app idle
policy a body=0 maintenance=%3Cb%3E%3D%0A allow=0a000000%2F8
policy idle https=true affinity=cookie%3Asession
cert * c1
cert *.y c2
challenge to-ken_ to-ken_.print
down 10.0.0.2
closing
leaving
`,
  );
});

void t.test('no text can make a line of its own', async (t) => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      try {
        const lines = routesAsLines({ ...none, hosts: { [one]: other } });
        return lines === `host ${one} ${other}\n` && /^host \S+ \S+\n$/.test(lines);
      } catch (error) {
        return (error as { code?: string }).code === 'invalid';
      }
    }),
  );
  t.throws(() => routesAsLines({ ...none, down: ['x\nleaving'] }), { code: 'invalid' });
});

void t.test('the state of the workers', async (t) => {
  const text =
    'process 12-345 f1 7 retired\nprocess 13-9 - 0\nbusy 12-345 10.0.0.1:1 2\nnew words\nview 7\n';
  t.same(parseState(text), {
    view: 7,
    workers: [
      { id: '12-345', file: 'f1', view: 7, phase: 'retired' },
      { id: '13-9', file: '-', view: 0, phase: '-' },
    ],
    busy: [{ worker: '12-345', address: '10.0.0.1:1', running: 2 }],
  });
});

// Contract of section 1.11: config, limits and tags.

import { type Row } from './row.ts';
import { config, releaseIs } from './shapes.ts';

const badConfig = (body: object, field: string, message: string | RegExp): Row => ({
  source: '1.11',
  what: `refuses ${JSON.stringify(body).slice(0, 60)}`,
  as: 'bob',
  call: ['POST', '/v1/apps/blog/config/', body],
  status: '400 BAD REQUEST',
  json: { [field]: [message] },
});

export const configs: Row[] = [
  {
    source: '1.11',
    what: 'empty at first',
    as: 'bob',
    call: ['GET', '/v1/apps/blog/config/'],
    status: '200 OK',
    json: config({}),
  },
  {
    source: '1.11',
    what: 'sets, values become texts',
    as: 'carl',
    call: ['POST', '/v1/apps/blog/config/', { values: { A: 1, B: 'two' } }],
    status: '201 CREATED',
    json: config({ values: { A: '1', B: 'two' } }, 'carl'),
    headers: releaseIs(2),
  },
  {
    source: '1.11',
    what: 'merges, null takes away, a map may be JSON text',
    as: 'bob',
    call: [
      'POST',
      '/v1/apps/blog/config/',
      {
        values: '{"A": null, "C": "ü\\n"}',
        memory: { web: '256M' },
        cpu: { web: '512' },
        tags: { disk: 'ssd' },
      },
    ],
    status: '201 CREATED',
    json: config({
      values: { B: 'two', C: 'ü\n' },
      memory: { web: '256M' },
      cpu: { web: 512 },
      tags: { disk: 'ssd' },
    }),
    headers: releaseIs(3),
  },
  {
    source: '1.11',
    what: 'a release although nothing changed',
    as: 'bob',
    call: ['POST', '/v1/apps/blog/config/', {}],
    status: '201 CREATED',
    json: config({
      values: { B: 'two', C: 'ü\n' },
      memory: { web: '256M' },
      cpu: { web: 512 },
      tags: { disk: 'ssd' },
    }),
    headers: releaseIs(4),
  },
  badConfig(
    { values: { '1A': 'x' } },
    'values',
    'Config keys must start with a letter or underscore and only contain [A-z0-9_]',
  ),
  badConfig(
    { memory: { web: '1X' } },
    'memory',
    'Limit format: <number><unit>, where unit = B, K, M or G',
  ),
  badConfig({ memory: { '1web': '1G' } }, 'memory', 'Process types can only contain [a-z]'),
  badConfig({ cpu: { web: 'many' } }, 'cpu', 'CPU shares must be an integer'),
  badConfig({ cpu: { web: 1025 } }, 'cpu', 'CPU shares must be between 0 and 1024'),
  badConfig({ tags: { 'a-b': 'x' } }, 'tags', 'Tag keys can only contain [a-z]'),
  badConfig({ tags: { rack: 'a b' } }, 'tags', 'Invalid tag value'),
  /** Beyond v1, which waited for ever. */
  badConfig(
    { tags: { rack: '9' } },
    'tags',
    /^No machine matches disk=ssd rack=9: name-m1 has disk=ssd rack=1, .*name-m3 has disk=ssd rack=3\.$/,
  ),
  badConfig(
    { memory: { web: '16G' } },
    'memory',
    /^No machine that matches disk=ssd has 16G of memory for web: name-m1 has 8G, /,
  ),
  {
    source: '1.11',
    what: 'what was refused left nothing',
    as: 'bob',
    call: ['GET', '/v1/apps/blog/config/'],
    status: '200 OK',
    json: config({
      values: { B: 'two', C: 'ü\n' },
      memory: { web: '256M' },
      cpu: { web: 512 },
      tags: { disk: 'ssd' },
    }),
  },
];

// Contract of section 1.9: domains.

import { type Row, NOT_FOUND, FORBIDDEN, list } from './row.ts';
import { domain, UNIQUE } from './shapes.ts';

const accepted = [
  'test-domain.example.com',
  'django.paas-sandbox',
  'domain',
  `${'a'.repeat(63)}.example.com`,
  '3com.com',
  'w3.example.com',
  'MYDOMAIN.NET',
  'autotest.127.0.0.1.xip.io',
];

const refused = [
  'this_is_an.invalid.domain',
  'this-is-an.invalid.1',
  'django.pass--sandbox',
  'domain1',
  '3333.com',
  `${'a'.repeat(64)}.example.com`,
  '-a.example.com',
  'a..example.com',
  'a b.example.com',
  'a.example.com; return 200',
];

export const domains: Row[] = [
  ...accepted.flatMap((name): Row[] => [
    {
      source: '1.9',
      what: `adds ${name.slice(0, 30)}`,
      as: 'bob',
      call: ['POST', '/v1/apps/blog/domains/', { domain: name }],
      status: '201 CREATED',
      json: domain(name),
    },
    {
      source: '1.9',
      what: `lists ${name.slice(0, 30)}`,
      as: 'carl',
      call: ['GET', '/v1/apps/blog/domains/'],
      status: '200 OK',
      json: list(domain(name)),
    },
    {
      source: '1.9',
      what: `removes ${name.slice(0, 30)}`,
      as: 'bob',
      call: ['DELETE', `/v1/apps/blog/domains/${name}`],
      status: '204 NO CONTENT',
    },
  ]),
  ...refused.map((name): Row => ({
    source: '1.9',
    what: `refuses ${name.slice(0, 30)}`,
    as: 'bob',
    call: ['POST', '/v1/apps/blog/domains/', { domain: name }],
    status: '400 BAD REQUEST',
    json: { domain: ['Hostname does not look valid.'] },
  })),
  {
    source: '1.9',
    what: 'a wildcard',
    as: 'bob',
    call: ['POST', '/v1/apps/blog/domains/', { domain: '*.example.com' }],
    status: '400 BAD REQUEST',
    json: { domain: ['Adding a wildcard subdomain is currently not supported.'] },
  },
  {
    source: '1.9',
    what: 'a trailing dot is dropped',
    as: 'bob',
    call: ['POST', '/v1/apps/blog/domains/', { domain: 'dot.example.com.' }],
    status: '201 CREATED',
    json: domain('dot.example.com'),
  },
  {
    source: '1.9',
    what: 'taken, word for word',
    as: 'bob',
    call: ['POST', '/v1/apps/blog/domains/', { domain: 'dot.example.com' }],
    status: '400 BAD REQUEST',
    json: { domain: UNIQUE },
  },
  {
    source: '1.9',
    what: 'taken, spelled differently',
    as: 'bob',
    call: ['POST', '/v1/apps/blog/domains/', { domain: 'DOT.example.com.' }],
    status: '400 BAD REQUEST',
    json: { domain: ['The domain dot.example.com is already in use by another app'] },
  },
  {
    source: '1.9 [FIX]',
    what: "another app's own host",
    as: 'bob',
    call: ['POST', '/v1/apps/blog/domains/', { domain: 'deis.paas.localhost' }],
    status: '400 BAD REQUEST',
    json: { domain: [/belong to the apps/] },
  },
  {
    source: '1.9',
    what: 'longer than 255',
    as: 'bob',
    call: ['POST', '/v1/apps/blog/domains/', { domain: `${'a.'.repeat(130)}com` }],
    status: '400 BAD REQUEST',
    json: { domain: ['Ensure this field has no more than 255 characters.'] },
  },
  {
    source: '1.4',
    what: 'a collaborator removes none',
    as: 'carl',
    call: ['DELETE', '/v1/apps/blog/domains/dot.example.com'],
    status: '403 FORBIDDEN',
    json: FORBIDDEN,
  },
  {
    source: '1.3 [FIX]',
    what: 'removes one that is not there',
    as: 'bob',
    call: ['DELETE', '/v1/apps/blog/domains/none.example.com'],
    status: '404 NOT FOUND',
    json: NOT_FOUND,
  },
  {
    source: '7.4',
    what: 'told in the log',
    as: 'bob',
    call: ['GET', '/v1/apps/blog/logs?log_lines=1'],
    status: '200 OK',
    text: /deis-controller\]: domain dot\.example\.com added$/,
  },
];

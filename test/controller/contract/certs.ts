// Contract of section 1.10: certificates.

import { REQUIRED, type Row, DATE, dates, NOT_FOUND, list, positiveInteger } from './row.ts';

const cert = (name: string): object => ({
  id: positiveInteger,
  owner: 'bob',
  common_name: name,
  expires: DATE,
  ...dates,
});

const pem =
  (name: string, more: Record<string, unknown> = {}) =>
  (memory: Map<string, string>): object => ({
    certificate: memory.get(`${name} certificate`),
    key: memory.get(`${name} key`),
    ...more,
  });

/** Certificates are made by the test: `shop.example.com`, also for `www.shop.example.com`; `*.wild.example.com`. */
export const certs: Row[] = [
  {
    source: '1.10',
    what: 'adds one; its name is that of its subject',
    as: 'bob',
    call: ['POST', '/v1/certs/', pem('shop')],
    status: '201 CREATED',
    json: cert('shop.example.com'),
  },
  {
    source: '1.10',
    what: 'taken',
    as: 'eve',
    call: ['POST', '/v1/certs/', pem('shop')],
    status: '400 BAD REQUEST',
    json: { common_name: ['This field must be unique.'] },
  },
  {
    source: '1.10',
    what: 'one object per name',
    as: 'bob',
    call: ['POST', '/v1/certs/', pem('shop', { common_name: 'www.shop.example.com' })],
    status: '201 CREATED',
    json: cert('www.shop.example.com'),
  },
  {
    source: '1.10',
    what: 'a wildcard that is asked for',
    as: 'bob',
    call: ['POST', '/v1/certs/', pem('wild', { common_name: '*.wild.example.com' })],
    status: '400 BAD REQUEST',
    json: { common_name: ['Wildcard certificates are not supported'] },
  },
  {
    source: '1.10',
    what: 'a wildcard of the subject',
    as: 'bob',
    call: ['POST', '/v1/certs/', pem('wild')],
    status: '201 CREATED',
    json: cert('*.wild.example.com'),
  },
  {
    source: '1.10 [FIX]',
    what: 'a name that the certificate does not have',
    as: 'bob',
    call: ['POST', '/v1/certs/', pem('shop', { common_name: 'other.example.com' })],
    status: '400 BAD REQUEST',
    json: { common_name: [/not valid for other\.example\.com/] },
  },
  {
    source: '1.10 [FIX]',
    what: 'a key of another certificate',
    as: 'bob',
    call: [
      'POST',
      '/v1/certs/',
      (memory: Map<string, string>) => ({
        certificate: memory.get('shop certificate'),
        key: memory.get('wild key'),
      }),
    ],
    status: '400 BAD REQUEST',
    json: { certificate: [/^Could not load certificate: /] },
  },
  {
    source: '1.10',
    what: 'no PEM',
    as: 'bob',
    call: ['POST', '/v1/certs/', { certificate: 'x', key: 'y' }],
    status: '400 BAD REQUEST',
    json: { certificate: [/^Could not load certificate: /] },
  },
  {
    source: '1.3',
    what: 'no key',
    as: 'bob',
    call: ['POST', '/v1/certs/', { certificate: 'x' }],
    status: '400 BAD REQUEST',
    json: { key: REQUIRED },
  },
  {
    source: '1.10',
    what: 'list',
    as: 'bob',
    call: ['GET', '/v1/certs/'],
    status: '200 OK',
    json: list(cert('shop.example.com'), cert('www.shop.example.com'), cert('*.wild.example.com')),
  },
  {
    source: '1.4',
    what: 'own only, for superusers too',
    call: ['GET', '/v1/certs/'],
    status: '200 OK',
    json: list(),
  },
  {
    source: '1.10',
    what: 'one',
    as: 'bob',
    call: ['GET', '/v1/certs/shop.example.com'],
    status: '200 OK',
    json: cert('shop.example.com'),
  },
  {
    source: '1.10',
    what: "somebody else's",
    as: 'eve',
    call: ['DELETE', '/v1/certs/shop.example.com'],
    status: '404 NOT FOUND',
    json: NOT_FOUND,
  },
  {
    source: '1.10',
    what: 'removes a wildcard',
    as: 'bob',
    call: ['DELETE', '/v1/certs/*.wild.example.com'],
    status: '204 NO CONTENT',
  },
  {
    source: '1.10 [FIX]',
    what: 'once',
    as: 'bob',
    call: ['DELETE', '/v1/certs/*.wild.example.com'],
    status: '404 NOT FOUND',
    json: NOT_FOUND,
  },
];

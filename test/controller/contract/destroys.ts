// Contract of section 1.7: apps that are destroyed, and what is left of them.

import { type Row, dates, NOT_FOUND, FORBIDDEN, list } from './row.ts';
import { app, release } from './shapes.ts';

export const destroys: Row[] = [
  {
    source: '1.5',
    what: 'a user who owns an app',
    call: ['DELETE', '/v1/auth/cancel/', { username: 'bob' }],
    status: '409 CONFLICT',
    json: { detail: 'bob still has applications assigned. Delete or transfer ownership' },
  },
  {
    source: '1.7',
    what: 'destroys',
    as: 'bob',
    call: ['DELETE', '/v1/apps/blog/'],
    status: '204 NO CONTENT',
  },
  {
    source: '1.7',
    what: 'it is gone',
    as: 'bob',
    call: ['GET', '/v1/apps/blog/'],
    status: '404 NOT FOUND',
    json: NOT_FOUND,
  },
  {
    source: '1.7',
    what: 'its domain is free',
    as: 'eve',
    call: [
      'POST',
      (memory) => `/v1/apps/${memory.get('invented')}/domains/`,
      { domain: 'dot.example.com' },
    ],
    status: '201 CREATED',
    json: { owner: 'eve', app: /./, domain: 'dot.example.com', ...dates },
  },
  {
    source: '12.2 #37',
    what: 'made anew it begins with nothing',
    as: 'bob',
    call: ['POST', '/v1/apps/', { id: 'blog' }],
    status: '201 CREATED',
    json: app('blog', 'bob'),
  },
  {
    source: '12.2 #37',
    what: 'no release of the old one',
    as: 'bob',
    call: ['GET', '/v1/apps/blog/releases/'],
    status: '200 OK',
    json: list(release(1, 'bob created initial release')),
  },
  {
    source: '1.8',
    what: 'no collaborator of the old one',
    as: 'carl',
    call: ['GET', '/v1/apps/blog/'],
    status: '403 FORBIDDEN',
    json: FORBIDDEN,
  },
];

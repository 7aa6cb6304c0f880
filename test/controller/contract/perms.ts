// Contract of section 1.8: collaborators.

import { type Row, NOT_FOUND, FORBIDDEN, list } from './row.ts';
import { app } from './shapes.ts';

export const perms: Row[] = [
  {
    source: '1.8',
    what: 'nobody yet',
    as: 'bob',
    call: ['GET', '/v1/apps/blog/perms/'],
    status: '200 OK',
    json: { users: [] },
  },
  {
    source: '1.8',
    what: 'shares',
    as: 'bob',
    call: ['POST', '/v1/apps/blog/perms/', { username: 'carl' }],
    status: '201 CREATED',
  },
  {
    source: '1.8',
    what: 'with nobody',
    as: 'bob',
    call: ['POST', '/v1/apps/blog/perms/', { username: 'who' }],
    status: '404 NOT FOUND',
    json: NOT_FOUND,
  },
  {
    source: '1.8',
    what: 'a collaborator sees it',
    as: 'carl',
    call: ['GET', '/v1/apps/blog/perms/'],
    status: '200 OK',
    json: { users: ['carl'] },
  },
  {
    source: '1.4',
    what: 'a collaborator lists the app',
    as: 'carl',
    call: ['GET', '/v1/apps/'],
    status: '200 OK',
    json: list(app('blog', 'bob')),
  },
  {
    source: '1.8',
    what: 'a collaborator shares nothing',
    as: 'carl',
    call: ['POST', '/v1/apps/blog/perms/', { username: 'eve' }],
    status: '403 FORBIDDEN',
    json: FORBIDDEN,
  },
  {
    source: '1.4',
    what: 'a collaborator deletes nothing',
    as: 'carl',
    call: ['DELETE', '/v1/apps/blog/'],
    status: '403 FORBIDDEN',
    json: FORBIDDEN,
  },
  {
    source: '1.4',
    what: 'a collaborator gives nothing away',
    as: 'carl',
    call: ['POST', '/v1/apps/blog/', { owner: 'carl' }],
    status: '403 FORBIDDEN',
    json: FORBIDDEN,
  },
  {
    source: '1.8',
    what: 'who has no access',
    as: 'bob',
    call: ['DELETE', '/v1/apps/blog/perms/eve'],
    status: '403 FORBIDDEN',
    json: FORBIDDEN,
  },
  {
    source: '1.8',
    what: 'told in the log',
    as: 'bob',
    call: ['GET', '/v1/apps/blog/logs?log_lines=1'],
    status: '200 OK',
    text: /^\S+ blog\[deis-controller\]: User carl was granted access to blog$/,
  },
];

// Contract of sections 1.2 and 1.5: users, pages of a list, superusers.

import { FORBIDDEN, NOT_FOUND, type Row, list, USER_DATE } from './row.ts';

export const user = (username: string, isSuperuser: boolean): object => ({
  email: /^(\w+@example\.com)?$/,
  username,
  first_name: '',
  last_name: '',
  is_superuser: isSuperuser,
  is_staff: isSuperuser,
  groups: [],
  user_permissions: [],
  last_login: USER_DATE,
  date_joined: USER_DATE,
  is_active: true,
});

export const users: Row[] = [
  {
    source: '1.5',
    what: 'users are for superusers',
    as: 'bob',
    call: ['GET', '/v1/users/'],
    status: '403 FORBIDDEN',
    json: FORBIDDEN,
  },
  {
    source: '1.5',
    what: 'users',
    call: ['GET', '/v1/users/'],
    status: '200 OK',
    json: list(
      user('ada', true),
      user('bob', false),
      user('carl', false),
      user('dora', false),
      user('eve', false),
    ),
  },
  {
    source: '1.2',
    what: 'a page',
    call: ['GET', '/v1/users/?page_size=2&page=2'],
    status: '200 OK',
    json: {
      count: 5,
      next: /^http:\/\/[^/]+\/v1\/users\/\?page_size=2&page=3$/,
      previous: /^http:\/\/[^/]+\/v1\/users\/\?page_size=2&page=1$/,
      results: [user('carl', false), user('dora', false)],
    },
  },
  {
    source: '1.2',
    what: 'the last page',
    call: ['GET', '/v1/users/?page_size=2&page=last'],
    status: '200 OK',
    json: { count: 5, next: null, previous: /page=2$/, results: [user('eve', false)] },
  },
  {
    source: '1.2',
    what: 'a page out of range',
    call: ['GET', '/v1/users/?page=7'],
    status: '404 NOT FOUND',
    json: NOT_FOUND,
  },
  {
    source: '1.2',
    what: 'a size that is none',
    call: ['GET', '/v1/users/?page_size=-1'],
    status: '200 OK',
    json: {
      count: 5,
      next: null,
      previous: null,
      results: (seen: unknown) => Array.isArray(seen) && seen.length === 5,
    },
  },
  {
    source: '1.5',
    what: 'superusers are for superusers',
    as: 'bob',
    call: ['GET', '/v1/admin/perms/'],
    status: '403 FORBIDDEN',
    json: FORBIDDEN,
  },
  {
    source: '1.5',
    what: 'makes a superuser',
    call: ['POST', '/v1/admin/perms/', { username: 'dora' }],
    status: '201 CREATED',
  },
  {
    source: '1.5',
    what: 'of nobody',
    call: ['POST', '/v1/admin/perms/', { username: 'who' }],
    status: '404 NOT FOUND',
    json: NOT_FOUND,
  },
  {
    source: '1.5',
    what: 'superusers',
    call: ['GET', '/v1/admin/perms/'],
    status: '200 OK',
    json: list({ username: 'ada', is_superuser: true }, { username: 'dora', is_superuser: true }),
  },
  {
    source: '1.5',
    what: 'and back',
    call: ['DELETE', '/v1/admin/perms/dora/'],
    status: '204 NO CONTENT',
  },
];

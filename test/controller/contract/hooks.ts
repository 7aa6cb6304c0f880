// Contract of section 1.17: what the builder calls.

import { type Row, UUID, dates, NOT_FOUND, FORBIDDEN, NO_CREDENTIALS } from './row.ts';
import { config } from './shapes.ts';

const received = { receive_user: 'carl', receive_repo: 'blog' };

const push = {
  ...received,
  sha: '0123456789abcdef0123456789abcdef01234567',
  fingerprint: '65:96:2d:fc:e8:d5:a9:11:64:0c:0f:ea:00:6e:5b:bd',
  ssh_connection: '10.0.1.10 50337 172.17.0.143 22',
  ssh_original_command: "git-receive-pack 'blog.git'",
};

/** `asBuilder`: with the builder's key. */
export const hooks: (Row & { asBuilder?: boolean })[] = [
  {
    source: '1.17',
    what: 'without key and token',
    as: 'nobody',
    call: ['POST', '/v1/hooks/config/', received],
    status: '401 UNAUTHORIZED',
    json: NO_CREDENTIALS,
  },
  {
    source: '1.17',
    what: 'with a token only',
    call: ['POST', '/v1/hooks/config/', received],
    status: '403 FORBIDDEN',
    json: FORBIDDEN,
  },
  {
    source: '1.17',
    what: 'config',
    as: 'nobody',
    asBuilder: true,
    call: ['POST', '/v1/hooks/config', received],
    status: '200 OK',
    json: config({
      values: { B: 'two', C: 'ü\n', D: 'd' },
      memory: { web: '256M' },
      cpu: { web: 512 },
      tags: { disk: 'ssd' },
    }),
  },
  {
    source: '1.17',
    what: 'of a stranger',
    as: 'nobody',
    asBuilder: true,
    call: ['POST', '/v1/hooks/config/', { ...received, receive_user: 'eve' }],
    status: '403 FORBIDDEN',
    json: FORBIDDEN,
  },
  {
    source: '1.17',
    what: 'of nobody',
    as: 'nobody',
    asBuilder: true,
    call: ['POST', '/v1/hooks/config/', { ...received, receive_user: 'who' }],
    status: '404 NOT FOUND',
    json: NOT_FOUND,
  },
  {
    source: '1.17',
    what: 'of no app',
    as: 'nobody',
    asBuilder: true,
    call: ['POST', '/v1/hooks/config/', { ...received, receive_repo: 'nothing' }],
    status: '404 NOT FOUND',
    json: NOT_FOUND,
  },
  {
    source: '1.17',
    what: 'push',
    as: 'nobody',
    asBuilder: true,
    call: ['POST', '/v1/hooks/push', push],
    status: '201 CREATED',
    json: { uuid: UUID, owner: 'carl', app: 'blog', ...push, ...dates },
  },
  {
    source: '1.17',
    what: 'push without a commit',
    as: 'nobody',
    asBuilder: true,
    call: ['POST', '/v1/hooks/push', received],
    status: '400 BAD REQUEST',
    json: { sha: ['This field is required.'] },
  },
  {
    source: '1.17',
    what: 'build: 200, after the whole deployment',
    as: 'nobody',
    asBuilder: true,
    call: [
      'POST',
      '/v1/hooks/build',
      { ...received, image: 'blog', sha: '01234567', procfile: { web: 'run' }, dockerfile: 'true' },
    ],
    status: '200 OK',
    json: { release: { version: 11 }, domains: ['blog.paas.localhost'] },
  },
];

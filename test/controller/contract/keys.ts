// Contract of section 1.6: public keys of users.

import { NOT_FOUND, REQUIRED, type Row, UUID, dates, list } from './row.ts';

const RSA =
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC2Wf0hiX2rkhPgOnFv/oR7Zzr4I97m6oPFr5OVOt9ZfJ8z/NMkfl6FOd3E10uSvQ8r+UhSWX+1d4dLksV4sC9EeOmAo4DJ95p4zUGKNlbTHbdpeE7e0Olfo2SJEfWIWbHggFgXnLiln/dfNLM0P8fJgwU/0t9VZPlaEhzmK4DKzw== ';
const ED25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';

const key = (id: string, line: string, fingerprint: string | RegExp): object => ({
  uuid: UUID,
  id,
  owner: 'bob',
  public: line,
  fingerprint,
  ...dates,
});

const COLONS = /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/;

export const keysOfUsers: Row[] = [
  {
    source: '1.6',
    what: 'none yet',
    as: 'bob',
    call: ['GET', '/v1/keys/'],
    status: '200 OK',
    json: list(),
  },
  /** Fingerprints are what `ssh-keygen -l -E md5` says of these keys. */
  {
    source: '1.6',
    what: 'adds one, its line end kept',
    as: 'bob',
    call: ['POST', '/v1/keys/', { id: 'bob@laptop', public: `${ED25519} bob@laptop\n` }],
    status: '201 CREATED',
    json: key(
      'bob@laptop',
      `${ED25519} bob@laptop\n`,
      '65:96:2d:fc:e8:d5:a9:11:64:0c:0f:ea:00:6e:5b:bd',
    ),
  },
  {
    source: '1.6',
    what: 'the same again',
    as: 'eve',
    call: ['POST', '/v1/keys/', { id: 'mine', public: `${ED25519} eve` }],
    status: '400 BAD REQUEST',
    json: { public: ['This field must be unique.'] },
  },
  {
    source: '1.6',
    what: 'no base64',
    as: 'bob',
    call: ['POST', '/v1/keys/', { id: 'x', public: 'ssh-rsa AAAAB3N x' }],
    status: '400 BAD REQUEST',
    json: { public: ['Incorrect padding'] },
  },
  {
    source: '1.6',
    what: 'a single word',
    as: 'bob',
    call: ['POST', '/v1/keys/', { id: 'x', public: 'ssh-rsa' }],
    status: '400 BAD REQUEST',
    json: { public: [/./] },
  },
  {
    source: '1.3',
    what: 'no id',
    as: 'bob',
    call: ['POST', '/v1/keys/', { public: RSA }],
    status: '400 BAD REQUEST',
    json: { id: REQUIRED },
  },
  {
    source: '1.6',
    what: 'a name with spaces and a slash',
    as: 'bob',
    call: ['POST', '/v1/keys/', { id: 'old / work', public: RSA }],
    status: '201 CREATED',
    json: key('old / work', RSA, '26:01:21:d2:95:f2:62:4e:7f:bf:20:0e:01:e9:16:c1'),
  },
  {
    source: '1.6',
    what: 'list, oldest first',
    as: 'bob',
    call: ['GET', '/v1/keys/'],
    status: '200 OK',
    json: list(
      key('bob@laptop', `${ED25519} bob@laptop\n`, COLONS),
      key('old / work', RSA, COLONS),
    ),
  },
  {
    source: '1.4',
    what: 'own only, for superusers too',
    call: ['GET', '/v1/keys/'],
    status: '200 OK',
    json: list(),
  },
  {
    source: '1.6',
    what: 'one of them',
    as: 'bob',
    call: ['GET', '/v1/keys/bob%40laptop'],
    status: '200 OK',
    json: key('bob@laptop', `${ED25519} bob@laptop\n`, COLONS),
  },
  {
    source: '1.6',
    what: "somebody else's",
    as: 'eve',
    call: ['DELETE', '/v1/keys/bob%40laptop'],
    status: '404 NOT FOUND',
    json: NOT_FOUND,
  },
  {
    source: '1.6',
    what: 'removes the one with a slash',
    as: 'bob',
    call: ['DELETE', '/v1/keys/old%20%2F%20work'],
    status: '204 NO CONTENT',
  },
  {
    source: '1.6',
    what: 'once',
    as: 'bob',
    call: ['DELETE', '/v1/keys/old%20%2F%20work'],
    status: '404 NOT FOUND',
    json: NOT_FOUND,
  },
  {
    source: '1.6 [FIX]',
    what: 'a second key of the same name',
    as: 'bob',
    call: ['POST', '/v1/keys/', { id: 'bob@laptop', public: RSA }],
    status: '201 CREATED',
    json: key('bob@laptop', RSA, COLONS),
  },
  {
    source: '1.6 [FIX]',
    what: 'both go',
    as: 'bob',
    call: ['DELETE', '/v1/keys/bob@laptop'],
    status: '204 NO CONTENT',
  },
  {
    source: '1.6',
    what: 'none is left',
    as: 'bob',
    call: ['GET', '/v1/keys/'],
    status: '200 OK',
    json: list(),
  },
];

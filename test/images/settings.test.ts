// Settings of the registry, as Deis v1 named them, and what distribution is told.

import t from 'tap';
import { distributionConfig } from '../../src/images/distribution-config.ts';
import { classify } from '../../src/images/request.ts';
import { readStorage, registryValueProblem } from '../../src/images/settings.ts';
import { garbageSettingProblem, readGarbageSettings } from '../../src/model/garbage-settings.ts';

const S3 = { s3bucket: 'images', s3accessKey: 'AK', s3secretKey: 'S"K\n', s3region: 'eu-west-1' };

t.test('storage', async (t) => {
  t.same(readStorage({}), { storage: { kind: 'filesystem' } });
  t.same(readStorage(S3), {
    storage: {
      kind: 's3',
      bucket: 'images',
      region: 'eu-west-1',
      path: '/registry',
      keys: { access: 'AK', secret: 'S"K\n' },
      encrypt: true,
      secure: true,
    },
  });
  const { s3bucket, ...rest } = S3;
  t.match(readStorage({ ...rest, bucketName: s3bucket }), { storage: { bucket: 'images' } });
  t.match(readStorage(rest), { problem: /s3bucket is not/ });
  t.match(readStorage({ s3bucket, s3accessKey: 'AK' }), { problem: /both/ });
  t.match(readStorage({ s3bucket }), { storage: { kind: 's3' } }, "the machine's own role");
  t.match(readStorage({ ...S3, s3secure: 'perhaps' }), { problem: /s3secure must be/ });
});

t.test('values are checked when they are set', async (t) => {
  t.match(registryValueProblem('s3endpoint', 'minio'), /https/);
  t.equal(registryValueProblem('s3endpoint', 'http://minio:9000'), undefined);
  t.match(registryValueProblem('s3buket', 'x'), /no such setting/);
  t.match(registryValueProblem('s3bucket', 'A B'), /bucket/);
  t.match(garbageSettingProblem('diskHigh', '101'), /10 to 99/);
  t.match(garbageSettingProblem('keepReleases', '1.5'), /whole number/);
  t.equal(garbageSettingProblem('domain', 'x'), undefined);
  t.match(readGarbageSettings({ diskHigh: '50', diskLow: '90', keepReleases: 'many' }), {
    diskHigh: 50,
    diskLow: 49,
    keepReleases: 10,
  });
});

t.test('distribution reads the very values', async (t) => {
  const read = readStorage({ ...S3, s3endpoint: 'http://m:9000' });
  if ('problem' in read) return t.fail(read.problem);
  const listen = '127.0.0.1:5001';
  const config = JSON.parse(distributionConfig({ storage: read.storage, folder: '/x', listen }));
  t.match(config.storage.s3, {
    accesskey: 'AK',
    secretkey: 'S"K\n',
    regionendpoint: 'http://m:9000',
    rootdirectory: '/registry',
  });
  t.equal(config.storage.redirect.disable, true);
  t.equal(config.http.addr, listen);
});

t.test('requests', async (t) => {
  const hex = 'a'.repeat(64);
  const cases: [string, string, object][] = [
    ['GET', '/deis/health', { kind: 'health' }],
    ['GET', '/v2/', { kind: 'read' }],
    ['GET', '/', { kind: 'unknown' }],
    ['HEAD', `/v2/team/api/blobs/sha256:${hex}`, { kind: 'check' }],
    ['GET', `/v2/team/api/blobs/sha256:${hex}`, { kind: 'read' }],
    ['POST', '/v2/team/api/blobs/uploads/', { kind: 'write' }],
    ['PATCH', '/v2/team/api/blobs/uploads/u-1?digest=x', { kind: 'write' }],
    [
      'PUT',
      `/v2/team/api/blobs/uploads/u-1?digest=sha256:${hex}`,
      { kind: 'layer', repository: 'team/api', digest: `sha256:${hex}` },
    ],
    [
      'POST',
      `/v2/api/blobs/uploads/?mount=sha256:${hex}&from=base`,
      { kind: 'layer', repository: 'api', digest: `sha256:${hex}` },
    ],
    [
      'PUT',
      '/v2/team/api/manifests/v1',
      { kind: 'image', repository: 'team/api', reference: 'v1' },
    ],
    ['DELETE', '/v2/team/api/manifests/v1', { kind: 'write' }],
  ];
  for (const [method, url, expected] of cases) t.same(classify(method, url), expected, url);
});

import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { parseImageName } from '../../src/adapters/image-name.ts';
import { registryImages } from '../../src/adapters/registry-client.ts';
import { RegistryReplica } from '../../src/adapters/registry-replica.ts';
import { keptLog } from './quiet-log.ts';
import { type PretendRegistry, digestOf, pretendRegistry, pushImage } from './pretend-registry.ts';

const signal = AbortSignal.timeout(60_000);

async function registries(t: Test, count: number): Promise<PretendRegistry[]> {
  const all = await Promise.all(Array.from({ length: count }, () => pretendRegistry()));
  t.teardown(() => Promise.all(all.map((one) => one.close())));
  return all;
}

const reader = { app: 'blog', logins: {} };

const imagesOf = (...all: { address: string }[]) =>
  registryImages(() => Promise.resolve(all.map(({ address }) => address)), keptLog());

t.test('a tag becomes a digest and every live replica holds the image', async (t) => {
  const [a, b, c] = (await registries(t, 3)) as [PretendRegistry, PretendRegistry, PretendRegistry];
  const digest = pushImage(b, 'hello', 'v1', 'x'.repeat(3_000_000), '2026-01-01T00:00:00Z');
  for (const name of [
    'hello:v1',
    '127.0.0.1:5555/hello:v1',
    'localhost:5555/hello:v1',
    `hello@${digest}`,
  ]) {
    t.same(await imagesOf(a, b, c).resolve(name, reader, signal), {
      reference: `127.0.0.1:5555/hello@${digest}`,
      repository: 'hello',
    });
  }
  for (const other of [a, c]) {
    t.ok(other.manifests.has(`hello/${digest}`));
    t.ok(other.manifests.has('hello/v1'));
    t.equal(other.blobs.size, 2);
  }
});

t.test('of two images under one tag the younger is meant', async (t) => {
  const [a, b] = (await registries(t, 2)) as [PretendRegistry, PretendRegistry];
  const young = pushImage(a, 'hello', 'latest', 'new', '2026-02-01T00:00:00Z');
  pushImage(b, 'hello', 'latest', 'old', '2026-01-01T00:00:00Z');
  for (const images of [imagesOf(a, b), imagesOf(b, a)]) {
    t.equal(
      (await images.resolve('hello', reader, signal)).reference,
      `127.0.0.1:5555/hello@${young}`,
    );
  }
  t.equal(digestOf(b.manifests.get('hello/latest')!.bytes), young);
});

t.test('an unknown image is named, a silent replica is not its absence', async (t) => {
  const [a] = (await registries(t, 1)) as [PretendRegistry];
  await t.rejects(imagesOf(a).resolve('nothing:1', reader, signal), {
    code: 'not-found',
    message: /nothing:1/,
  });
  const closed = { address: '127.0.0.1:9' };
  await t.rejects(imagesOf(closed).resolve('nothing:1', reader, signal), { code: 'unavailable' });
  await t.rejects(imagesOf().resolve('nothing:1', reader, signal), { code: 'unavailable' });
});

t.test('bytes that are not what the digest says are not kept', async (t) => {
  const [a, b] = (await registries(t, 2)) as [PretendRegistry, PretendRegistry];
  pushImage(a, 'hello', 'v1', 'layer', '2026-01-01T00:00:00Z');
  a.corrupt = true;
  await t.rejects(imagesOf(a, b).resolve('hello:v1', reader, signal), { code: 'unavailable' });
  t.equal(b.blobs.size, 0);
  t.equal(b.manifests.size, 0);
});

t.test('a layer of the stack is lent, not sent', async (t) => {
  const to = await pretendRegistry();
  t.teardown(() => to.close());
  const digest = digestOf(Buffer.from('layer'));
  const replica = new RegistryReplica(to.address);
  let opened = 0;
  const open = async () => {
    opened += 1;
    return { body: Readable.from([Buffer.from('layer')]), size: 5 };
  };
  await replica.writeBlob('blog', digest, open, signal);
  t.equal(opened, 1);
  to.lent.add(digest);
  await replica.writeBlob('shop', digest, open, signal);
  t.equal(opened, 1, 'nothing was read');
});

t.test('an index brings the images it names', async (t) => {
  const [a, b] = (await registries(t, 2)) as [PretendRegistry, PretendRegistry];
  const inner = pushImage(a, 'multi', 'amd64', 'layer', '2026-01-01T00:00:00Z');
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      manifests: [{ digest: inner }, { digest: digestOf(Buffer.from('never pushed')) }],
    }),
  );
  a.manifests.set('multi/v1', { type: 'application/vnd.oci.image.index.v1+json', bytes });
  a.manifests.set(`multi/${digestOf(bytes)}`, a.manifests.get('multi/v1')!);
  await imagesOf(a, b).resolve('multi:v1', reader, signal);
  t.ok(b.manifests.has(`multi/${inner}`));
  t.equal(b.manifests.get('multi/v1')?.type, 'application/vnd.oci.image.index.v1+json');
});

t.test("a machine's own addresses are no registries of other people", async (t) => {
  const [a] = (await registries(t, 1)) as [PretendRegistry];
  for (const name of [
    'localhost/x:1',
    '127.0.0.1:2379/x',
    '169.254.169.254/latest',
    'localhost:80/x',
  ]) {
    await t.rejects(imagesOf(a).resolve(name, reader, signal), { code: 'invalid' }, name);
  }
});

t.test('names', async (t) => {
  t.match(parseImageName('team/api:v1'), {
    host: undefined,
    repository: 'team/api',
    reference: 'v1',
  });
  t.match(parseImageName('localhost/api'), {
    host: 'localhost',
    repository: 'api',
    reference: 'latest',
  });
  for (const bad of [
    '',
    'A',
    'a b',
    'a:',
    'a@sha256:12',
    '../x',
    'a/../b',
    'a@@b',
    'a:v1;rm',
    '-a',
    'a\n',
  ]) {
    t.throws(() => parseImageName(bad), { code: 'invalid' }, JSON.stringify(bad));
  }
});

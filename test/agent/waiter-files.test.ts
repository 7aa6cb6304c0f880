// The waiter's files: exact, stable, and with every value as it is.

import fc from 'fast-check';
import t from 'tap';
import { specDigest, waiterFiles } from '../../src/agent/waiter-files.ts';
import type { ContainerSpec } from '../../src/model/container-spec.ts';

const SPEC: ContainerSpec = {
  unit: 'hello_v3.web.1.service',
  name: 'hello_v3.web.1',
  image: '127.0.0.1:5555/hello@sha256:0123',
  command: ['/bin/sh', '-c', 'exec app "$PORT"'],
  environment: { B: '2', A: '1' },
  app: 'hello',
  process: 'web.1',
  release: 3,
  network: 'bridge',
  ports: [{ hostIp: '', host: 20000, container: 5000 }],
  volumes: [{ source: '/a', target: '/b', readOnly: true }],
  capabilities: ['NET_ADMIN'],
  memory: 1024,
  cpuShares: 512,
  stopTimeout: 10,
};

void t.test('the Engine request and the one line beside it, for root only', async (t) => {
  const [request, line] = waiterFiles(SPEC);
  const digest = specDigest(SPEC);
  t.equal(line!.path, '/var/lib/deis/units/hello_v3.web.1.service.waiter');
  t.equal(line!.content, `hello_v3.web.1 ${digest} 10 127.0.0.1:5555/hello@sha256:0123\n`);
  t.strictSame([request!.mode, line!.mode], [0o600, 0o600]);
  t.strictSame(JSON.parse(request!.content), {
    Image: '127.0.0.1:5555/hello@sha256:0123',
    Cmd: ['/bin/sh', '-c', 'exec app "$PORT"'],
    Env: ['A=1', 'B=2'],
    Labels: {
      'deis.managed': 'true',
      'deis.unit': 'hello_v3.web.1.service',
      'deis.app': 'hello',
      'deis.process': 'web.1',
      'deis.release': '3',
      'deis.digest': digest,
    },
    ExposedPorts: { '5000/tcp': {} },
    StopTimeout: 10,
    HostConfig: {
      NetworkMode: 'bridge',
      PortBindings: { '5000/tcp': [{ HostIp: '', HostPort: '20000' }] },
      Binds: ['/a:/b:ro'],
      CapAdd: ['NET_ADMIN'],
      SecurityOpt: ['no-new-privileges'],
      Memory: 1024,
      CpuShares: 512,
      RestartPolicy: { Name: 'no' },
      LogConfig: {
        Type: 'journald',
        Config: { labels: 'deis.app,deis.process,deis.release,deis.unit', tag: 'hello_v3.web.1' },
      },
    },
  });
});

void t.test('the digest follows what runs, not the order it was written in', async (t) => {
  t.equal(specDigest({ ...SPEC, environment: { A: '1', B: '2' } }), specDigest(SPEC));
  t.not(specDigest({ ...SPEC, environment: { A: '1', B: '3' } }), specDigest(SPEC));
  t.not(specDigest({ ...SPEC, image: 'x:1' }), specDigest(SPEC));
  t.not(
    specDigest({ ...SPEC, ports: [{ hostIp: '', host: 20001, container: 5000 }] }),
    specDigest(SPEC),
  );
});

void t.test('a platform unit carries no labels of an app', async (t) => {
  const [request] = waiterFiles({ ...SPEC, app: '', process: '', release: 0 });
  const { Labels } = JSON.parse(request!.content) as { Labels: object };
  t.strictSame(Object.keys(Labels), ['deis.managed', 'deis.unit', 'deis.digest']);
});

void t.test('any value arrives byte for byte, and the line beside has one line', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const [request, line] = waiterFiles({ ...SPEC, environment: { V: value } });
      const { Env } = JSON.parse(request!.content) as { Env: string[] };
      return Env[0] === `V=${value}` && line!.content.split('\n').length === 2;
    }),
  );
});

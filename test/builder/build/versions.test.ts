// Version ranges of the Node.js buildpack.
import t from 'tap';

interface Versions {
  satisfies: (version: string, range: string) => boolean;
  newest: (versions: string[], range: string) => string | undefined;
}
const file = '../../../templates/buildpacks/nodejs/lib/versions.mjs';
const { satisfies, newest } = (await import(file)) as Versions;

const CASES: [version: string, range: string, fits: boolean][] = [
  ['20.1.2', '20.x', true],
  ['20.1.2', '20', true],
  ['21.0.0', '20.x', false],
  ['24.21.0', '>=18', true],
  ['24.21.0', '>= 18 < 24', false],
  ['1.3.0', '^1.2.3', true],
  ['2.0.0', '^1.2.3', false],
  ['0.3.0', '^0.2.3', false],
  ['0.0.4', '^0.0.3', false],
  ['1.2.9', '~1.2.3', true],
  ['1.3.0', '~1.2.3', false],
  ['18.5.0', '16 || 18', true],
  ['1.5.0', '1.2 - 1.5', true],
  ['1.6.0', '1.2 - 1.5', false],
  ['1.0.0', '*', true],
  ['1.0.0', '', true],
  ['1.2.3', '=1.2.3', true],
  ['1.2.4', '>1.2.3', true],
  ['1.2.3', '>1.2.3', false],
  ['2.0.0', '>1', true],
  ['1.9.0', '>1', false],
  ['2.0.0-rc.1', '>=1', false],
];

for (const [version, range, fits] of CASES) {
  void t.test(`${version} and "${range}"`, (t) => {
    t.equal(satisfies(version, range), fits);
    t.end();
  });
}

void t.test('the newest that fits, by number', (t) => {
  t.equal(newest(['9.9.0', '10.2.0', '10.10.0', '11.0.0-beta'], '>=9'), '10.10.0');
  t.equal(newest(['1.0.0'], '2'), undefined);
  t.end();
});

// app.json: what is read of it, and how mistakes are named.
import t from 'tap';
import { parseAppJson } from '../../src/model/app-json.ts';

void t.test('formation, healthchecks, env and scripts; unknown keys are nobody’s business', (t) => {
  const json = {
    name: 'x',
    addons: ['y'],
    formation: { web: { quantity: 2, size: 'large' }, worker: {} },
    healthchecks: {
      web: [{ type: 'startup', path: '/up', attempts: 3, wait: 2, odd: [] }],
      job: [{ command: 'x' }],
    },
    env: { A: 'a', B: { value: 'b' }, C: { required: true }, D: { required: false }, E: {} },
    scripts: { postdeploy: 'npm run seed' },
    image: 'hello:v1',
  };
  t.same(parseAppJson(`\uFEFF${JSON.stringify(json)}`), {
    appJson: {
      formation: { web: 2 },
      healthchecks: {
        web: [{ type: 'startup', path: '/up', wait: 2, attempts: 3 }],
        job: [{ type: 'startup', command: ['/bin/sh', '-c', 'x'] }],
      },
      env: { A: 'a', B: 'b' },
      required: ['C', 'E'],
      scripts: { postdeploy: 'npm run seed' },
      image: 'hello:v1',
    },
  });
  t.end();
});

const MISTAKES: [text: string, problem: RegExp][] = [
  ['{\n  "a": 1,\n  b\n}', /^app\.json, line 3: /],
  ['{\n"a": ', /^app\.json, line 2: /],
  ['[]', /^app\.json: the file must be an object\.$/],
  ['{"formation": {"web": {"quantity": "2"}}}', /formation\.web\.quantity must be a whole number/],
  ['{"formation": {"we b": {}}}', /formation: "we b" is not a process type/],
  ['{"healthchecks": {"web": {}}}', /healthchecks\.web must be a list/],
  ['{"healthchecks": {"web": [{"path": "up"}]}}', /healthchecks\.web\[0\]\.path must be/],
  ['{"healthchecks": {"web": [{"command": 3}]}}', /web\[0\]\.command must be a text or a list/],
  ['{"healthchecks": {"web": [{"type": "odd"}]}}', /healthchecks\.web\[0\]\.type must be/],
  ['{"env": {"a-b": "x"}}', /env: "a-b" is not the name/],
  ['{"env": {"A": 1}}', /env\.A must be an object/],
  ['{"scripts": {"postdeploy": []}}', /scripts\.postdeploy must be a text/],
  ['{"image": 1}', /image must be a text/],
  [' '.repeat(2 ** 20 + 1), /larger than 1 MB/],
];

for (const [text, problem] of MISTAKES) {
  void t.test(JSON.stringify(text.slice(0, 50)), (t) => {
    const parsed = parseAppJson(text);
    t.match('problem' in parsed && parsed.problem, problem);
    t.end();
  });
}

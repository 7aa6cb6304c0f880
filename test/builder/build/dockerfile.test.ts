// What is known of a Dockerfile before the Engine reads it.
import t from 'tap';
import {
  declaredArguments,
  instructionsOf,
  namedImages,
} from '../../../src/builder/build/dockerfile.ts';
import { refuseForeignImages } from '../../../src/builder/build/images.ts';

void t.test('instructions: continued lines, comments between them, the other escape', (t) => {
  const found = instructionsOf('\uFEFF# a\nfrom a \\\n# between\n  as b\n\nRUN x\\\n');
  t.same(found, [
    { name: 'FROM', rest: 'a    as b', line: 2 },
    { name: 'RUN', rest: 'x', line: 6 },
  ]);
  t.same(
    instructionsOf('# escape=`\nRUN a `\n b\\\nUSER c').map(({ name }) => name),
    ['RUN', 'USER'],
  );
  t.end();
});

void t.test('arguments that a Dockerfile asks for', (t) => {
  const text = 'ARG A\nFROM x\nARG B=c d\nARG E="F=1" G\n';
  t.same([...declaredArguments(instructionsOf(text))], ['A', 'B', 'd', 'E', 'G']);
  t.end();
});

void t.test('images from outside: stages are none, arguments are filled in', (t) => {
  const text = `ARG BASE=node:20
ARG HOST
FROM --platform=linux/amd64 $BASE AS Build
FROM \${HOST:-docker.io}/x AS other
COPY --from=build /a /b
COPY --chown=1 --from=0 /a /b
COPY --from=quay.io/y:1 /a /b
ONBUILD COPY --from=127.0.0.1:5555/z /a /b
FROM build
`;
  const images = namedImages(instructionsOf(text), { HOST: 'ghcr.io' });
  t.same(
    images.map(({ image, line }) => `${line} ${image}`),
    ['3 node:20', '4 ghcr.io/x', '7 quay.io/y:1', '8 127.0.0.1:5555/z'],
  );
  t.end();
});

void t.test('images of other apps, however the door is spelled', (t) => {
  const refused = [
    '127.0.0.1:5555/b',
    'localhost:5555/b:1',
    '127.1:5555/b',
    '[::1]:5555/b',
    '10.0.0.1:5555/b',
    '2130706433:5555/b',
  ];
  for (const image of refused) {
    t.throws(
      () => refuseForeignImages('a', [{ image, line: 4 }]),
      { code: 'build-failed', message: /line 4/ },
      image,
    );
  }
  const fine = [
    '127.0.0.1:5555/a:1',
    '127.0.0.1:5555/a@sha256:00',
    'node:20',
    'deis/node',
    'quay.io/a/b',
    'b',
  ];
  for (const image of fine)
    t.doesNotThrow(() => refuseForeignImages('a', [{ image, line: 1 }]), image);
  t.end();
});

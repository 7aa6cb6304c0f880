// Unit files are read and written as fleet does, byte for byte.

import fc from 'fast-check';
import t from 'tap';
import { optionValues, parseUnitFile, serialiseUnitFile } from '../../src/model/unit-file.ts';
import { unitHash } from '../../src/registry/unit-hash.ts';

const READ: [title: string, text: string, options: [string, string, string][]][] = [
  ['nothing', '', []],
  ['text before the first section is ignored', 'a=b\n[Unit]\nc=d\n', [['Unit', 'c', 'd']]],
  ['a section may even begin in the middle of such text', 'a=b [Unit]\nc=d', [['Unit', 'c', 'd']]],
  ['comments', '# [No]\n[Unit]\n; a=b\n#c=d\ne=f', [['Unit', 'e', 'f']]],
  ['a comment goes on behind a backslash', '[Unit]\n# a \\\nb=c\nd=e\n', [['Unit', 'd', 'e']]],
  [
    'a comment before the first section hides its header',
    '#x \\\n[Unit]\n[Service]\na=b',
    [['Service', 'a', 'b']],
  ],
  ['spaces around name and value', '[Unit]\n  a  =  b c  \n', [['Unit', 'a', 'b c']]],
  [
    'an empty value',
    '[Unit]\na=\nb=c',
    [
      ['Unit', 'a', ''],
      ['Unit', 'b', 'c'],
    ],
  ],
  [
    'the value goes on behind `=`',
    '[Service]\nExecStart=/bin/a b=c',
    [['Service', 'ExecStart', '/bin/a b=c']],
  ],
  [
    'order and repetition are kept',
    '[A]\nx=1\n[B]\ny=2\n[A]\nx=3\nx=1',
    [
      ['A', 'x', '1'],
      ['B', 'y', '2'],
      ['A', 'x', '3'],
      ['A', 'x', '1'],
    ],
  ],
  [
    'a continuation keeps its backslash and newline',
    '[S]\na=b \\\n  c\nd=e',
    [
      ['S', 'a', 'b \\\n  c'],
      ['S', 'd', 'e'],
    ],
  ],
  [
    'a comment inside a continuation is part of the value',
    '[S]\na=b\\\n# c\nd=e',
    [
      ['S', 'a', 'b\\\n# c'],
      ['S', 'd', 'e'],
    ],
  ],
  [
    'an empty line ends a continuation and leaves its newline',
    '[S]\na=b\\\n\nd=e',
    [
      ['S', 'a', 'b\\\n'],
      ['S', 'd', 'e'],
    ],
  ],
  ['a backslash at the very end stays', '[S]\na=b\\', [['S', 'a', 'b\\']]],
  ['carriage returns are trimmed', '[S]\r\na=b\r\n', [['S', 'a', 'b']]],
  [
    'a line one byte short of too long',
    `[S]\na=${'x'.repeat(2045)}`,
    [['S', 'a', 'x'.repeat(2045)]],
  ],
];

for (const [title, text, expected] of READ) {
  void t.test(`reads: ${title}`, async (t) => {
    const options = expected.map(([section, name, value]) => ({ section, name, value }));
    t.strictSame(parseUnitFile(text), { options });
  });
}

const REFUSED: [text: string, problem: RegExp, line: number][] = [
  ['[Unit]\na=b\nnonsense\n', /unexpected newline/, 3],
  ['[Unit]\nnonsense', /unexpected end of file/, 2],
  ['[Unit\na=b', /unable to find end of section/, 1],
  ['[Unit] x\na=b', /found garbage after section name Unit/, 1],
  [`[S]\na=${'x'.repeat(2046)}\n`, /line too long \(max 2048 bytes\)/, 2],
  [`[S]\na=${'é'.repeat(1023)}\n`, /line too long/, 2],
];

for (const [text, problem, line] of REFUSED) {
  void t.test(`refuses: ${JSON.stringify(text.slice(0, 30))}`, async (t) => {
    t.match(parseUnitFile(text), { problem, line });
  });
}

void t.test(
  'writes sections in order of first appearance, a blank line between them',
  async (t) => {
    const options = [
      { section: 'Unit', name: 'Description', value: 'x' },
      { section: 'Service', name: 'ExecStart', value: '/bin/true' },
      { section: 'Unit', name: 'After', value: 'y' },
    ];
    t.equal(
      serialiseUnitFile(options),
      '[Unit]\nDescription=x\nAfter=y\n\n[Service]\nExecStart=/bin/true\n',
    );
    t.equal(serialiseUnitFile([]), '');
  },
);

void t.test('the hash is the SHA-1 of what is written', async (t) => {
  // printf '[Service]\nExecStart=/bin/sleep 1\n' | sha1sum
  const options = [{ section: 'Service', name: 'ExecStart', value: '/bin/sleep 1' }];
  t.equal(unitHash(options), '0291f12e379921025c603e454c0fe989ddb0f3dd');
});

void t.test('all values of an option, in order', async (t) => {
  const parsed = parseUnitFile('[S]\na=1\nb=2\na=3\n[T]\na=4\n');
  t.ok('options' in parsed);
  if ('options' in parsed) t.strictSame(optionValues(parsed.options, 'S', 'a'), ['1', '3']);
});

void t.test('what was read is read again the same from what is written', async () => {
  const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9 ="$%.-]{0,20}[A-Za-z0-9]$/);
  const option = fc.record({
    section: fc.constantFrom('Unit', 'Service', 'X-Fleet'),
    name: fc.stringMatching(/^[A-Z][A-Za-z-]{0,10}$/),
    value: word,
  });
  fc.assert(
    fc.property(fc.array(option), (options) => {
      const once = serialiseUnitFile(options);
      const parsed = parseUnitFile(once);
      return 'options' in parsed && serialiseUnitFile(parsed.options) === once;
    }),
  );
});

void t.test('any text at all is answered, never thrown at', async () => {
  const piece = fc.constantFrom('[', ']', '=', '\n', '\\', '#', ';', ' ', 'a', '\r', 'Unit', 'é');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const parsed = parseUnitFile(pieces.join(''));
      return 'options' in parsed || parsed.line >= 1;
    }),
  );
});

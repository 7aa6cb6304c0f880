// Addresses and ranges in every spelling, as tables.

import t from 'tap';
import { parseNetwork, parseWhitelist } from '../../src/model/network.ts';

void t.test('addresses and ranges', async (t) => {
  const read = (text: string): string | undefined => {
    const network = parseNetwork(text);
    return network && `${network.bytes}/${network.bits}`;
  };
  for (const [text, wanted] of [
    ['10.0.0.0/8', '0a000000/8'],
    ['2001:db8::/32', '20010db8000000000000000000000000/32'],
    ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304/128'],
    ['::10.0.0.1', '0000000000000000000000000a000001/128'],
    // IPv4 as IPv6 writes it is IPv4.
    ['::ffff:10.0.0.1', '0a000001/32'],
    ['::FFFF:a00:1', '0a000001/32'],
    ['::ffff:10.0.0.0/104', '0a000000/8'],
    ['::ffff:0:0/95', '00000000000000000000ffff00000000/95'],
    ['::/0', '00000000000000000000000000000000/0'],
    ...['::ffff:10.0.0', '1:2:3:4:5:6:7:1.2.3.4', '1.2.3.4::', '::ffff:10.0.0.1/129', '10:0'].map(
      (bad): [string, undefined] => [bad, undefined],
    ),
  ] as [string, string | undefined][]) {
    t.equal(read(text), wanted, text);
  }
});

void t.test('lists, with the labels of Deis v1', async (t) => {
  const count = (text: string): number => {
    const list = parseWhitelist(text);
    return 'networks' in list ? list.networks.length : 0;
  };
  for (const text of [
    '10.1.2.3:office,10.2.0.0/16',
    '2001:db8::1,64:ff9b::1.2.3.4',
    '1.2.3.4:a:b, ::1',
  ]) {
    t.equal(count(text), 2, text);
  }
  for (const text of ['', '10:0', 'office', '10.1.2.3,', '2001:db8::1:office'])
    t.equal(count(text), 0, text);
});

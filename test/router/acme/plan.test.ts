// When which domain is ordered, as tables.

import t from 'tap';
import type { AcmeOrder } from '../../../src/model/acme.ts';
import {
  type AcmeWorld,
  forgottenOrders,
  planOrders,
  renewAt,
  retryAt,
} from '../../../src/router/acme/plan.ts';

const day = 86_400_000;
const now = Date.parse('2026-06-01T00:00:00Z');
const iso = (days: number): string => new Date(now + days * day).toISOString();
const order = (domain: string, begins: number, expires: number, more: Partial<AcmeOrder> = {}) =>
  ({
    domain,
    certificate: 'x',
    key: 'x',
    begins: iso(begins),
    expires: iso(expires),
    failures: 0,
    updated: iso(begins),
    ...more,
  }) satisfies AcmeOrder;

const world: AcmeWorld = {
  platform: 'apps.test',
  domains: [
    { domain: 'a.org', app: 'a' },
    { domain: '*.a.org', app: 'a' },
    { domain: 'b.org', app: 'b' },
    { domain: 'gone.org', app: 'gone' },
    { domain: 'x;}', app: 'a' },
    { domain: 'evil.apps.test', app: 'a' },
  ],
  apps: new Set(['a', 'b']),
  unwilling: new Set(),
  covered: () => false,
  hasDns: false,
  orders: new Map(),
  now,
};
const names = (change: Partial<AcmeWorld>): string[] =>
  planOrders({ ...world, ...change }).map(({ domain }) => domain);

void t.test('which domains', async (t) => {
  t.same(names({}), ['a.org', 'b.org']);
  t.same(names({ hasDns: true }), ['*.a.org', '*.apps.test', 'a.org', 'b.org']);
  t.same(names({ unwilling: new Set(['a']) }), ['b.org']);
  t.same(names({ covered: (domain) => domain === 'b.org' }), ['a.org']);
});

void t.test('when', async (t) => {
  const with_ = (...orders: AcmeOrder[]) => new Map(orders.map((one) => [one.domain, one]));
  t.same(names({ orders: with_(order('a.org', -30, 60), order('b.org', -80, 10)) }), ['b.org']);
  t.same(names({ orders: with_(order('a.org', -80, 10)) }), ['b.org', 'a.org'], 'bare ones first');
  const failed = order('a.org', -80, 10, { failures: 1, retry: iso(0.1) });
  t.same(names({ orders: with_(failed) }), ['b.org'], 'not before its time');
  const early = order('a.org', -63, 27);
  t.match(
    planOrders({ ...world, orders: with_(early) }).map(({ reason }) => reason),
    ['it has no certificate'],
  );
});

void t.test('renewals part', async (t) => {
  const many = Array.from({ length: 200 }, (_, n) => renewAt(`d${n}.org`, iso(0), iso(90)));
  t.ok(many.every((at) => at >= now + 60 * day && at <= now + 69 * day));
  t.ok(new Set(many.map((at) => Math.floor((at - now) / day))).size >= 8);
});

void t.test('failures are followed by growing pauses', async (t) => {
  const minutes = (failures: number): number =>
    (Date.parse(retryAt('a.org', failures, now)) - now) / 60_000;
  t.ok(minutes(1) >= 5 && minutes(1) <= 6);
  t.ok(minutes(2) >= 10 && minutes(2) <= 12);
  t.ok(minutes(50) <= 24 * 60 * 1.2);
});

void t.test('orders of domains that are gone are forgotten', async (t) => {
  const orders = new Map([
    ['old.org', order('old.org', -1, 89)],
    ['a.org', order('a.org', -1, 89)],
  ]);
  t.same(forgottenOrders({ ...world, orders }), ['old.org']);
});

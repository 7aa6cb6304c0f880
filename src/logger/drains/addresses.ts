// Where the drain of an app must not lead: to the machines' own doors, which trust whoever is on the machine. Pure.

/** The reason, or undefined. Other private addresses are fine: that is where people keep their log receivers. */
export function forbiddenAddress(
  address: string,
  machines: ReadonlySet<string>,
): string | undefined {
  const plain = address.toLowerCase().replace(/^::ffff:(?=[0-9]+\.)/, '');
  if (machines.has(plain)) return 'drains of apps may not lead to a machine of the platform';
  if (LOCAL.some((pattern) => pattern.test(plain))) {
    return 'drains of apps may not lead to the machine itself or its neighbourhood';
  }
  return undefined;
}

/** Loopback, this host, link-local (cloud metadata), multicast, broadcast; Docker's own networks of a machine. */
const LOCAL = [
  /^127\./,
  /^0\./,
  /^169\.254\./,
  /^2(2[4-9]|3[0-9]|[45][0-9])\./,
  /^172\.(29|30)\./,
  /^::1?$/,
  /^::ffff:/,
  /^fe[89ab][0-9a-f]:/,
  /^ff[0-9a-f]{2}:/,
];

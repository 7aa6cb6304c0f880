// A drain: where an app's lines are sent besides `deis logs`, and how its URL is read.

/** `/deis/drains/<app>/<id>`. The platform's own drain is the setting `logs/drain`. */
export interface Drain {
  id: string;
  app: string;
  owner: string;
  url: string;
  created: string;
}

export type Transport = 'udp' | 'tcp' | 'tls';

/** How messages follow each other on a stream: RFC 6587 §3.4.1 (`octet`) and §3.4.2 (`newline`). */
export type Framing = 'octet' | 'newline';

export interface DrainTarget {
  transport: Transport;
  /** Name or address, without brackets. */
  host: string;
  port: number;
  framing: Framing;
  /** The certificate of the other side is checked. */
  verify: boolean;
}

/** Schemes of Deis v1 (`syslog` was UDP), and their longer, clearer spellings. To add one: a row. */
const SCHEMES: Record<string, Transport> = {
  udp: 'udp',
  syslog: 'udp',
  'syslog+udp': 'udp',
  tcp: 'tcp',
  'syslog+tcp': 'tcp',
  tls: 'tls',
  'syslog+tls': 'tls',
};

/** RFC 5426, RFC 6587 (by custom), RFC 5425. */
const PORTS: Record<Transport, number> = { udp: 514, tcp: 514, tls: 6514 };

/** RFC 5425 wants octet counting; over plain TCP most receivers, and Deis v1, end messages by a newline. */
const FRAMINGS: Record<Transport, Framing> = { udp: 'octet', tcp: 'newline', tls: 'octet' };

const LONGEST_URL = 500;
const SHAPE =
  /^([a-z][a-z0-9+]*):\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?)(?::([0-9]{1,5}))?\/?(?:\?([A-Za-z0-9=&]*))?$/;

/** `syslog+tls://logs.example.com:6514`, with `?framing=octet|newline` and `?verify=no` where they make sense. */
export function parseDrainUrl(url: string): { target: DrainTarget } | { problem: string } {
  const match = url.length <= LONGEST_URL ? SHAPE.exec(url) : null;
  if (!match) return { problem: 'must be like syslog+tls://logs.example.com:6514' };
  const [, scheme = '', bracketed = '', portText, query = ''] = match;
  const transport = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (!transport) {
    return { problem: `scheme ${scheme} is none of ${Object.keys(SCHEMES).join(', ')}` };
  }
  const port = portText === undefined ? PORTS[transport] : Number(portText);
  if (port < 1 || port > 65_535) return { problem: 'the port must be from 1 to 65535' };
  const host = bracketed.replace(/^\[|\]$/g, '');
  const target: DrainTarget = {
    transport,
    host,
    port,
    framing: FRAMINGS[transport],
    verify: true,
  };
  const problem = takeOptions(target, query);
  return problem === undefined ? { target } : { problem };
}

function takeOptions(target: DrainTarget, query: string): string | undefined {
  for (const option of query.split('&')) {
    if (option === '') continue;
    if (option === 'framing=octet' && target.transport !== 'udp') target.framing = 'octet';
    else if (option === 'framing=newline' && target.transport !== 'udp') target.framing = 'newline';
    else if (option === 'verify=no' && target.transport === 'tls') target.verify = false;
    else if (option !== 'verify=yes') return `${target.transport} knows no option ${option}`;
  }
  return undefined;
}

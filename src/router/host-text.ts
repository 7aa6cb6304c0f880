// One app's routes as text in the words of nginx: for people who want to know what a change would do. Routers hold them as data. Pure.

import type { Network } from '../model/network.ts';
import type { Policy, Routes } from '../ports/web-server.ts';

type Served = Pick<Routes, 'hosts' | 'groups' | 'policies' | 'certificates'>;

/** `titles`: names of certificates by their id. Empty for an app without a host. */
export function hostText(
  { hosts, groups, policies, certificates }: Served,
  app: string,
  titles: ReadonlyMap<string, string>,
): string {
  const own = Object.keys(hosts)
    .filter((host) => hosts[host] === app)
    .toSorted();
  if (own.length === 0) return '';
  const shown = own.flatMap((host) => {
    const id = certificates[host];
    return id === undefined ? [] : [`ssl_certificate ${titles.get(id) ?? id}; # ${host}`];
  });
  const servers = (groups[app] ?? []).map((address) => `    server ${address};`);
  return [
    `upstream ${app} {`,
    ...(servers.length > 0 ? servers : ['    # nobody: requests are answered with 503']),
    '}',
    'server {',
    `    server_name ${own.join(' ')};`,
    ...[...shown, ...linesOf(policies[app] ?? {})].map((line) => `    ${line}`),
    `    proxy_pass http://${app};`,
    '}',
  ].join('\n');
}

const networkText = ({ bytes, bits }: Network): string => {
  const parts = bytes.match(bytes.length === 8 ? /../g : /..../g) ?? [];
  const address =
    bytes.length === 8 ? parts.map((part) => Number.parseInt(part, 16)).join('.') : parts.join(':');
  return `${address}/${bits}`;
};

/** Only what the app or the operators have set. */
function linesOf(policy: Policy): string[] {
  const { body, connect, send, read, allow, https, auth, affinity, maintenance } = policy;
  return [
    ...(body === undefined ? [] : [`client_max_body_size ${body};`]),
    ...(connect === undefined ? [] : [`proxy_connect_timeout ${connect}s;`]),
    ...(send === undefined ? [] : [`proxy_send_timeout ${send}s;`]),
    ...(read === undefined ? [] : [`proxy_read_timeout ${read}s;`]),
    ...(allow === undefined
      ? []
      : [...allow.map((network) => `allow ${networkText(network)};`), 'deny all;']),
    ...(auth === undefined ? [] : ['auth_basic on;']),
    ...(https === true ? ['return 301 https://$host$request_uri; # unless it is https'] : []),
    ...(affinity === undefined ? [] : [`sticky ${affinity.kind} ${affinity.name};`.trim()]),
    ...(maintenance === undefined ? [] : ['return 503; # maintenance']),
  ];
}

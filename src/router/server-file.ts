// The file of the web server: settings in, text out; its revision is the digest of that text and of the modules it loads.

import { createHash } from 'node:crypto';
import { VERSION_HEADERS } from '../model/api-version.ts';
import { bytesOf } from '../model/app-routing.ts';
import type { Templates } from '../ports/templates.ts';
import { CONTROLLERS } from './view.ts';
import type { Bundle, ServerFile, ServerLayout } from '../ports/web-server.ts';

/** Ports the web server listens on: `80` or `127.0.0.1:8080`. */
export interface Listen {
  http: string;
  https: string;
  health: string;
}

export interface FileNeeds {
  templates: Templates;
  layout: ServerLayout;
  listen: Listen;
  /** Id of the machine: it begins the ids of requests. */
  machine: string;
  /** The formation whose apps it serves; '': the default one. */
  formation?: string;
  /** Processors of the machine: the meaning of `workerProcesses=auto`. */
  processors: number;
  /** Shown when the routes name none. */
  fallback: Bundle;
  /** Begins with each start of the web server, and with the ids of its requests: its counts start at one again. One word. */
  life: () => string;
}

/** What stands in the file. */
export interface FileInput {
  /** As readSettings gives them. */
  values: Record<string, string>;
  /** Are there apps that want something of their requests first? */
  gates: boolean;
}

/** Modules of templates/router that the file loads. */
export const LUA_MODULES = [
  'zones.lua',
  'views.lua',
  'routes.lua',
  'gate.lua',
  'pages.lua',
  'tls.lua',
  'metrics.lua',
  'handover.lua',
  'control.lua',
] as const;

/** Parts of the shared memory: more workers than that share them in pairs. */
const ZONES = 16;

const LUA_DATA = {
  zones: ZONES,
  controllers: CONTROLLERS,
  versionHeaders: Object.entries(VERSION_HEADERS).map(([name, value]) => ({ name, value })),
};

/** Their texts, by file name. */
export function luaModules(templates: Templates): Record<string, string> {
  return Object.fromEntries(
    LUA_MODULES.map((name) => [name, templates.render(`router/${name}`, LUA_DATA)]),
  );
}

/** Limits of bodies that have a location each: nginx takes no variable there. An app's limit uses the next larger one. */
const BODY_CLASSES = [1, 8, 64, 512, 4096, 32_768].map((mib) => mib * 1024 * 1024);

/** Two texts that differ in nothing but the life have the same revision. */
export function renderServerFile(needs: FileNeeds, { values, gates }: FileInput): ServerFile {
  const { templates, layout, listen: ports, machine, processors, fallback, life } = needs;
  const { formation = '' } = needs;
  const workers =
    values['workerProcesses'] === 'auto' ? processors : Number(values['workerProcesses']);
  const viaProxyProtocol = values['proxyProtocol'] === 'true';
  const pair = asset('fallback', `${fallback.certificate}\n${fallback.key}`);
  const dhparam = values['sslDhparam'] ? asset('dhparam', values['sslDhparam']) : undefined;
  const data = {
    ...values,
    gates,
    workers,
    formation,
    machine: machine.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 8),
    zones: Array.from({ length: ZONES }, (_, index) => index + 1),
    layout,
    ports,
    gzipDetails: values['gzip'] === 'on',
    proxyProtocol: viaProxyProtocol ? ' proxy_protocol' : '',
    realIpHeader: viaProxyProtocol ? 'proxy_protocol' : 'X-Forwarded-For',
    fallback: pair.name,
    dhparam: dhparam?.name ?? '',
    hsts: hstsHeader(values),
    bodyBytes: bytesOf(values['bodySize'] ?? '') ?? 0,
    bodyClasses: BODY_CLASSES.join(', '),
    bodyLocations: BODY_CLASSES.map((bytes, index) => ({ number: index + 1, bytes })),
  };
  const body = templates.render('router/nginx.conf', { ...data, revision: '@', life: '@' });
  const revision = digest(JSON.stringify([body, luaModules(templates)]));
  const assets = [pair, ...(dhparam ? [dhparam] : [])].map(({ name, text }) => [name, text]);
  return {
    text: templates.render('router/nginx.conf', { ...data, revision, life: life() }),
    revision,
    workers,
    assets: Object.fromEntries(assets) as Record<string, string>,
  };
}

/** A file whose name says what is in it: another text is another file. */
function asset(kind: string, text: string): { name: string; text: string } {
  return { name: `${kind}-${digest(text)}.pem`, text };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** RFC 6797; empty: no header. */
function hstsHeader(values: Record<string, string>): string {
  if (values['hstsEnabled'] !== 'true') return '';
  const words = [
    `max-age=${values['hstsMaxAge']}`,
    ...(values['hstsIncludeSubDomains'] === 'true' ? ['includeSubDomains'] : []),
    ...(values['hstsPreload'] === 'true' ? ['preload'] : []),
  ];
  return words.join('; ');
}

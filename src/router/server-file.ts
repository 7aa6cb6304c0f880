// The file of the web server: settings in, text out; its revision is the digest of that text and of the modules it loads.

import { createHash } from 'node:crypto';
import type { Templates } from '../ports/templates.ts';
import type { ServerFile, ServerLayout } from '../ports/web-server.ts';

/** Ports the web server listens on: `80` or `127.0.0.1:8080`. */
export interface Listen {
  http: string;
  health: string;
}

export interface FileNeeds {
  templates: Templates;
  layout: ServerLayout;
  listen: Listen;
  /** Id of the machine: it begins the ids of requests. */
  machine: string;
  /** Processors of the machine: the meaning of `workerProcesses=auto`. */
  processors: number;
}

/** Modules of templates/router that the file loads. */
export const LUA_MODULES = ['zones.lua', 'views.lua', 'routes.lua', 'control.lua'] as const;

/** Parts of the shared memory: more workers than that share them in pairs. */
const ZONES = 16;

/** Their texts, by file name. */
export function luaModules(templates: Templates): Record<string, string> {
  return Object.fromEntries(
    LUA_MODULES.map((name) => [name, templates.render(`router/${name}`, { zones: ZONES })]),
  );
}

/** `values` as readSettings gives them. */
export function renderServerFile(needs: FileNeeds, values: Record<string, string>): ServerFile {
  const { templates, layout, listen: ports, machine, processors } = needs;
  const workers =
    values['workerProcesses'] === 'auto' ? processors : Number(values['workerProcesses']);
  const viaProxyProtocol = values['proxyProtocol'] !== 'false';
  const data = {
    ...values,
    workers,
    machine: machine.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 8),
    zones: Array.from({ length: ZONES }, (_, index) => index + 1),
    layout,
    ports,
    gzipDetails: values['gzip'] === 'on',
    proxyProtocol: viaProxyProtocol ? ' proxy_protocol' : '',
    realIpHeader: viaProxyProtocol ? 'proxy_protocol' : 'X-Forwarded-For',
  };
  const body = templates.render('router/nginx.conf', { ...data, revision: '@' });
  const revision = createHash('sha256')
    .update(JSON.stringify([body, luaModules(templates)]))
    .digest('hex')
    .slice(0, 12);
  return { text: templates.render('router/nginx.conf', { ...data, revision }), revision, workers };
}

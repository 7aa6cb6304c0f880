// /discovery: the API described as Google's API clients want it, from which fleet's own client was generated.

import { type Answer, type Handler } from './call.ts';
import { FleetRefusal } from './refusal.ts';

export const discovery: Handler = async ({ method }) => {
  if (method !== 'GET') {
    throw new FleetRefusal(400, 'only HTTP GET supported against this resource');
  }
  return DOCUMENT;
};

const text = { type: 'string' };
const listOf = (name: string) => ({ type: 'array', items: { $ref: name } });

function schema(id: string, properties: Record<string, unknown>) {
  return { [id]: { id, type: 'object', properties } };
}

/** A list that comes in pages. */
function page(id: string, field: string, of: string) {
  return schema(id, { [field]: listOf(of), nextPageToken: text });
}

const state = { type: 'string', enum: ['inactive', 'loaded', 'launched'] };

const SCHEMAS = {
  ...schema('Machine', {
    id: text,
    primaryIP: text,
    metadata: { type: 'object', additionalProperties: text },
  }),
  ...page('MachinePage', 'machines', 'Machine'),
  ...schema('UnitOption', { section: text, name: text, value: text }),
  ...schema('Unit', {
    name: text,
    options: listOf('UnitOption'),
    desiredState: state,
    currentState: state,
    machineID: text,
  }),
  ...page('UnitPage', 'units', 'Unit'),
  ...schema('UnitState', {
    name: text,
    hash: text,
    machineID: text,
    systemdLoadState: text,
    systemdActiveState: text,
    systemdSubState: text,
  }),
  ...page('UnitStatePage', 'states', 'UnitState'),
};

interface Method {
  id: string;
  httpMethod: string;
  path: string;
  /** Names of parameters in the query. */
  query?: string[];
  request?: string;
  response?: string;
}

/** A parameter in braces in the path is required and stands first. */
function method({ id, httpMethod, path, query = [], request, response }: Method) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const parameters = Object.fromEntries([
    ...inPath.map((name) => [name, { ...text, location: 'path', required: true }]),
    ...query.map((name) => [name, { ...text, location: 'query' }]),
  ]);
  return {
    id: `fleet.${id}`,
    httpMethod,
    path,
    ...(inPath.length + query.length > 0 && { parameters }),
    ...(inPath.length > 0 && { parameterOrder: inPath }),
    ...(request !== undefined && { request: { $ref: request } }),
    ...(response !== undefined && { response: { $ref: response } }),
  };
}

const PAGED = ['nextPageToken'];
const UNIT = 'units/{unitName}';

const BODY = {
  kind: 'discovery#restDescription',
  discoveryVersion: 'v1',
  id: 'fleet:v1',
  name: 'schema',
  version: 'v1',
  title: 'fleet API',
  description: 'Units wanted on a cluster of machines, and what has become of them.',
  documentationLink: 'https://github.com/coreos/fleet',
  protocol: 'rest',
  // fleet does not fill this in either: clients know where they asked.
  baseUrl: '$ENDPOINT/fleet/v1/',
  basePath: '/fleet/v1/',
  rootUrl: '$ENDPOINT/',
  servicePath: 'fleet/v1/',
  batchPath: 'batch',
  parameters: {},
  auth: {},
  schemas: SCHEMAS,
  resources: {
    Machines: {
      methods: {
        List: method({
          id: 'Machine.List',
          httpMethod: 'GET',
          path: 'machines',
          query: PAGED,
          response: 'MachinePage',
        }),
      },
    },
    Units: {
      methods: {
        List: method({
          id: 'Unit.List',
          httpMethod: 'GET',
          path: 'units',
          query: PAGED,
          response: 'UnitPage',
        }),
        Get: method({ id: 'Unit.Get', httpMethod: 'GET', path: UNIT, response: 'Unit' }),
        Set: method({ id: 'Unit.Set', httpMethod: 'PUT', path: UNIT, request: 'Unit' }),
        Delete: method({ id: 'Unit.Delete', httpMethod: 'DELETE', path: UNIT }),
      },
    },
    UnitState: {
      methods: {
        List: method({
          id: 'UnitState.List',
          httpMethod: 'GET',
          path: 'state',
          query: [...PAGED, 'unitName', 'machineID'],
          response: 'UnitStatePage',
        }),
        Get: method({
          id: 'UnitState.Get',
          httpMethod: 'GET',
          path: 'state/{unitName}',
          response: 'UnitState',
        }),
      },
    },
  },
};

const DOCUMENT: Answer = {
  status: 200,
  type: 'application/json',
  body: `${JSON.stringify(BODY, undefined, 2)}\n`,
};

// The OpenAPI 3.1 document of /v2, made of the very rows that answer it.

import { z } from 'zod';
import type { Route } from '../route.ts';
import { PLATFORM_VERSION } from '../../model/api-version.ts';
import type { Doc } from './doc.ts';

type Json = Record<string, unknown>;

const PROBLEM = {
  description: 'Why it was refused or failed.',
  content: {
    'application/json': { schema: { $ref: '#/components/schemas/Problem' } },
  },
};

const WHO: Record<Doc['access'], string> = {
  open: 'For anybody.',
  user: 'For whoever is signed in.',
  admin: 'For superusers.',
  app: 'For users of the app.',
  managers: "For the app's owner and superusers.",
};

export function openApi(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const { doc, method, path } of routes) {
    if (!doc) continue;
    const url = `/v2${path.replaceAll(/:(\w+)/g, '{$1}')}`;
    paths[url] = { ...paths[url], [method.toLowerCase()]: operation(doc, method, path) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Deis',
      version: '2',
      description: `What the platform can do beyond the API of Deis ${PLATFORM_VERSION}, which is served under /v1.`,
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: '`token ` and the 40 hex digits that POST /v1/auth/login/ answers.',
        },
      },
      schemas: {
        Problem: {
          type: 'object',
          description: 'By field, or under `detail`, `error` or `non_field_errors`.',
          additionalProperties: {
            anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
          },
        },
      },
    },
  };
}

function operation(doc: Doc, method: string, path: string): Json {
  const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!);
  const words = path.split(/[^\w]+/).filter((word) => word !== '');
  return {
    operationId: [method.toLowerCase(), ...words].join('_'),
    summary: doc.summary,
    description: WHO[doc.access],
    ...(doc.access === 'open' ? { security: [] } : {}),
    parameters: [
      ...names.map((name) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...queryParameters(doc.query),
    ],
    ...(doc.body
      ? {
          requestBody: {
            content: { 'application/json': { schema: jsonSchema(doc.body, 'input') } },
          },
        }
      : {}),
    responses: { [doc.status]: goodAnswer(doc), default: PROBLEM },
  };
}

function goodAnswer({ answer, produces, summary }: Doc): Json {
  if (produces !== undefined) {
    return { description: summary, content: { [produces]: { schema: { type: 'string' } } } };
  }
  if (!answer) return { description: 'Done.' };
  return {
    description: summary,
    content: { 'application/json': { schema: jsonSchema(answer, 'output') } },
  };
}

function queryParameters(query: z.ZodType | undefined): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = jsonSchema(query, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
    reused: 'inline',
  });
  return rest;
}

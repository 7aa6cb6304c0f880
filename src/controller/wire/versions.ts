// Headers of the API beside those of its version (model/api-version.ts).

export const API_MAJOR = '1';

/** Beyond v1: the id of the request, also in our log. */
export const REQUEST_ID_HEADER = 'Deis-Request-Id';

/** Any web page may call the API: it carries no cookies, only tokens. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': [
    'DEIS_API_VERSION',
    'DEIS_PLATFORM_VERSION',
    'X_DEIS_API_VERSION',
    'X_DEIS_PLATFORM_VERSION',
    'Deis-Release',
    'X-Deis-Release',
    REQUEST_ID_HEADER,
  ].join(', '),
};

export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': 'content-type, accept, origin, Authorization, Host',
  'Access-Control-Max-Age': '86400',
};

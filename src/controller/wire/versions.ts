// What we claim to be on the wire: the original Go client of 2016 compares these texts for equality.

export const API_VERSION = '1.7';
export const API_MAJOR = '1';
export const PLATFORM_VERSION = '1.13.4';

/** On every answer, errors too. The underscores are literal; the X_ twins are deprecated but still read. */
export const VERSION_HEADERS: Readonly<Record<string, string>> = {
  DEIS_API_VERSION: API_VERSION,
  DEIS_PLATFORM_VERSION: PLATFORM_VERSION,
  X_DEIS_API_VERSION: API_VERSION,
  X_DEIS_PLATFORM_VERSION: PLATFORM_VERSION,
};

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

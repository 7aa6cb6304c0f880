// What the platform claims to be on the wire: the original Go client of 2016 compares these texts for equality.

export const API_VERSION = '1.7';
export const PLATFORM_VERSION = '1.13.4';

/** On every answer of the API, errors too. The underscores are literal; the X_ twins are deprecated but still read. */
export const VERSION_HEADERS: Readonly<Record<string, string>> = {
  DEIS_API_VERSION: API_VERSION,
  DEIS_PLATFORM_VERSION: PLATFORM_VERSION,
  X_DEIS_API_VERSION: API_VERSION,
  X_DEIS_PLATFORM_VERSION: PLATFORM_VERSION,
};

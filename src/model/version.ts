// The version of this program, stamped by the build (src/build.ts); `dev` when run from its sources.

declare const DEIS_VERSION: string;

export const VERSION: string = typeof DEIS_VERSION === 'string' ? DEIS_VERSION : 'dev';

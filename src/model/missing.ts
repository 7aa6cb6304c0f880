// Files that may be missing: the one failure to read or remove that is an answer. Any other is thrown on.

/** Neither the file nor a folder above it is there. */
export function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** For `.catch`: this value in place of what is missing. */
export function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (isMissing(error)) return value;
    throw error;
  };
}

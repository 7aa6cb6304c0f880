// Exit codes of containers in words. Pure.

/** By what Docker and shells make of signals: 128 and the signal's number. */
const KNOWN = new Map([
  [126, 'its command cannot be executed'],
  [127, 'its command was not found'],
  [137, 'killed with SIGKILL: out of memory, or it did not stop in time'],
  [139, 'it crashed with a segmentation fault'],
  [143, 'ended by SIGTERM'],
]);

/** `exit code 137 (killed with SIGKILL: …)`. `outOfMemory`: the kernel killed something of it, which is why. */
export function exitWords(code: number, outOfMemory = false): string {
  if (outOfMemory) return `exit code ${code} (out of memory: it reached its limit)`;
  const known = KNOWN.get(code);
  return known === undefined ? `exit code ${code}` : `exit code ${code} (${known})`;
}

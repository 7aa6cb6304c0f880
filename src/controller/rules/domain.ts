// Which domains an app may have (reference §1.9), and what v1 had not: `*.example.com`, all names below that no other app has.

const INVALID = 'Hostname does not look valid.';
const LONGEST = 255;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
/** Labels of international names, which v1's ban of `--` kept out. */
const INTERNATIONAL = /^xn--[a-z0-9]/;

/**
 * The domain in lower case without its trailing dot, or what is wrong with it. `ofPlatform`: domains of the platform and of its
 * formations; names below them belong to the apps of those ids, so nobody may take them, nor the domains themselves.
 */
export function readDomain(
  asked: string,
  ofPlatform: readonly string[],
): { domain: string } | { problem: string } {
  if (asked.length > LONGEST) {
    return { problem: `Ensure this field has no more than ${LONGEST} characters.` };
  }
  const domain = asked.replace(/\.$/, '').toLowerCase();
  const labels = domain.split('.');
  const isWild = labels[0] === '*';
  // The words of v1, which took none. One for all names below `com` is none of an app's.
  if (isWild && labels.length < 3) {
    return { problem: 'Adding a wildcard subdomain is currently not supported.' };
  }
  const owned = ofPlatform.find((one) => `.${domain}`.endsWith(`.${one.toLowerCase()}`));
  if (owned !== undefined) {
    return { problem: `Names below ${owned} belong to the apps of that id.` };
  }
  // What xip.io answered for carried an address, so its labels may be numbers.
  const numbersToo = domain.includes('xip.io');
  const named = isWild ? labels.slice(1) : labels;
  return named.every((label) => isLabel(label, named.length === 1, numbersToo))
    ? { domain }
    : { problem: INVALID };
}

function isLabel(label: string, isAlone: boolean, numbersToo: boolean): boolean {
  if (!LABEL.test(label)) return false;
  if (numbersToo) return true;
  if (label.includes('--') && !INTERNATIONAL.test(label)) return false;
  return !/^[0-9]+$/.test(label) && !(isAlone && /[0-9]/.test(label));
}

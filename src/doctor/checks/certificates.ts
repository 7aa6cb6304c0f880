// Certificates and keys on the machines' disks, and the operator's own: they hold, and they fit.

import type { ExaminedCertificate } from '../../model/examination.ts';
import { type Chart, shortUnit } from '../chart.ts';
import { type Finding, finding, type Remedy } from '../finding.ts';
import { duration } from './machines.ts';

/** Certificates that end before this are said, ms. */
const SOON_MS = 30 * 24 * 3_600_000;

export function checkCertificates(chart: Chart): Finding[] {
  const { operator } = chart.facts;
  const own = operator ? certificateFindings(chart, undefined, operator) : [];
  return [
    ...own,
    ...endingSoon(chart),
    ...chart
      .examined()
      .flatMap(({ name, certificates }) =>
        certificates.flatMap((certificate) => certificateFindings(chart, name, certificate)),
      ),
  ];
}

/** `machine` undefined: the operator's own, here. */
function certificateFindings(
  chart: Chart,
  machine: string | undefined,
  certificate: ExaminedCertificate,
): Finding[] {
  const { name, path, begins, expires, problem, keyProblem } = certificate;
  const where = machine === undefined ? 'here' : `on ${machine}`;
  const shared = {
    subject: `${machine ?? 'here'} ${name}`,
    machines: machine === undefined ? [] : [machine],
    units: machine === undefined ? [] : usersOf(chart, machine, name),
    remedy: renewal(chart, machine, certificate),
  };
  const now = chart.facts.at;
  const late = expires === undefined ? 0 : now - Date.parse(expires);
  const early = begins === undefined ? 0 : Date.parse(begins) - now;
  const findings: Finding[] = [];
  if (late > 0 || early > 0) {
    const how = late > 0 ? `expired ${duration(late)} ago` : `is not valid for ${duration(early)}`;
    findings.push(
      finding({
        ...shared,
        fault: 'certificate-expired',
        says: `the certificate of ${name} ${where} ${how}`,
        because: [`${path} is valid from ${begins} to ${expires}`],
      }),
    );
  }
  const unfit = keyProblem ?? problem;
  if (unfit !== undefined) {
    findings.push(
      finding({
        ...shared,
        fault: 'key-unfit',
        says: `the certificate of ${name} ${where} is of no use: ${unfit}`,
        because: [path],
      }),
    );
  }
  return findings;
}

/** What uses a pair looks at its files by itself; only the store's member, and parts of older versions, are started anew. */
function renewal(chart: Chart, machine: string | undefined, { name }: ExaminedCertificate): Remedy {
  if (!chart.isLocal) {
    return {
      says: "Give it a new pair of the cluster's authority, from the computer that made the cluster.",
      commands: [chart.deisctl(`certs reissue ${machine ?? 'operator'}`)],
    };
  }
  const begin = machine === undefined ? [] : [restartAfterRenewal(chart, machine, name)];
  return {
    says: 'Write the good pair there again, and start what uses it anew.',
    commands: [chart.local('up'), ...begin],
  };
}

/** All that will end before long, as one: they were made together. */
function endingSoon(chart: Chart): Finding[] {
  const { at, operator } = chart.facts;
  const own = operator ? [{ where: 'here', machine: [] as string[], certificate: operator }] : [];
  const others = chart
    .examined()
    .flatMap(({ name, certificates }) =>
      certificates.map((certificate) => ({ where: `on ${name}`, machine: [name], certificate })),
    );
  const ending = [...own, ...others]
    .map((one) => ({ ...one, left: Date.parse(one.certificate.expires ?? '') - at }))
    .filter(({ left }) => left > 0 && left < SOON_MS)
    .toSorted((a, b) => a.left - b.left);
  const [first] = ending;
  if (!first) return [];
  const rest = ending.length === 1 ? '' : `, and ${ending.length - 1} more soon`;
  return [
    finding({
      fault: 'certificate-ending',
      subject: 'certificates',
      says: `the certificate of ${first.certificate.name} ${first.where} ends in ${duration(first.left)}${rest}`,
      because: ending.map(
        ({ certificate: { path, expires }, where }) => `${path} ${where} is valid until ${expires}`,
      ),
      remedy: {
        says: 'Give everything new certificates, from the computer that made the cluster; nothing stops for it.',
        commands: [chart.deisctl('certs rotate')],
      },
      machines: ending.flatMap(({ machine }) => machine),
    }),
  ];
}

/** Units that show it. */
function usersOf(chart: Chart, machine: string, name: string): string[] {
  if (name === 'deisd' || name === 'etcd') return [`${name}.service`];
  const units = chart.componentUnits(name).map((unit) => unit.name);
  return units.filter((unit) => chart.machinesOf(unit).includes(machine));
}

function restartAfterRenewal(chart: Chart, machine: string, name: string): string {
  if (name === 'deisd' || name === 'etcd') return chart.on(machine, `systemctl restart ${name}`);
  const [unit] = usersOf(chart, machine, name);
  const short = unit === undefined ? name : shortUnit(unit);
  return chart.deisctl(`restart ${short}`);
}

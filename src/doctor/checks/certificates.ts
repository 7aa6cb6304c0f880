// Certificates and keys on the machines' disks, and the operator's own: they hold, and they fit.

import type { ExaminedCertificate } from '../../model/examination.ts';
import { type Chart, shortUnit } from '../chart.ts';
import { type Finding, finding, type Remedy } from '../finding.ts';
import { duration } from './machines.ts';

export function checkCertificates(chart: Chart): Finding[] {
  const { operator } = chart.facts;
  const own = operator ? certificateFindings(chart, undefined, operator) : [];
  return [
    ...own,
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

function renewal(
  chart: Chart,
  machine: string | undefined,
  { name, path }: ExaminedCertificate,
): Remedy {
  const begin = machine === undefined ? [] : [restartAfterRenewal(chart, machine, name)];
  if (!chart.isLocal) {
    const says = `Issue a new pair from the cluster's authority and put it in the place of ${path}.`;
    return { says, commands: begin };
  }
  return {
    says: 'Write the good pair there again, and start what uses it anew.',
    commands: [chart.local('up'), ...begin],
  };
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

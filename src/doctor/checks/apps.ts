// Apps: each that is to serve has at least one healthy container. The last thing to ask: most of what breaks an app is further down.

import { isServing, type WantedUnit } from '../../model/unit.ts';
import { type Chart, shortUnit } from '../chart.ts';
import { type Finding, finding } from '../finding.ts';
import { isStarting } from './components.ts';

/** Until they end, somebody watches over the app already. */
const UNDER_WAY = new Set([
  'queued',
  'releasing',
  'starting',
  'applying',
  'restarting',
  'reverting',
]);

export function checkApps(chart: Chart): Finding[] {
  const routed = new Map<string, WantedUnit[]>();
  for (const unit of chart.launched()) {
    const { app, routed: isRouted } = unit.process ?? {};
    if (app === undefined || !isRouted) continue;
    routed.set(app, [...(routed.get(app) ?? []), unit]);
  }
  return [...routed].flatMap(([app, units]) => appOf(chart, app, units));
}

function appOf(chart: Chart, app: string, units: readonly WantedUnit[]): Finding[] {
  const states = units.flatMap((unit) =>
    chart.statesOf(unit.name).map((row) => ({ ...row, unit: unit.name })),
  );
  if (states.some(({ state }) => isServing(state))) return [];
  const deployment = chart.records.deployments.find((one) => one.app === app);
  if (deployment && UNDER_WAY.has(deployment.step)) return [];
  if (states.some(({ machine, state }) => isStarting(chart, machine, state))) return [];
  const release = units[0]!.process!.release;
  const back = release > 2 ? [`deis releases:rollback v${release - 1} -a ${app}`] : [];
  return [
    finding({
      fault: 'app-unhealthy',
      subject: app,
      says: `the app ${app} has no healthy container`,
      because: states.slice(0, 5).map(({ unit, machine, state }) => {
        const why = state.message === undefined ? '' : `: ${state.message}`;
        return `${shortUnit(unit)} on ${machine} is ${state.phase}, ${state.health}${why}`;
      }),
      remedy: {
        says: 'See what it says; restart it, go back to a release that was healthy, or push a better one.',
        commands: [`deis ps:restart -a ${app}`, `deis logs -a ${app}`, ...back],
      },
      machines: [...new Set(states.map(({ machine }) => machine))],
      units: units.map(({ name }) => name),
      apps: [app],
      settling: true,
    }),
  ];
}

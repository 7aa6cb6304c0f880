// What an agent can do. Each step says which unit and why; the same words appear in the plan, the log and the test.

/** To add a step: a row here, a line in act.ts. */
export const STEPS = {
  prepare: 'life', // read what is wanted, pull its image, render its files
  install: 'life', // write its unit file and container spec
  adopt: 'life', // it already runs as wanted: remember that, touch nothing
  lock: 'life', // it must hold its lock in the store while it runs
  start: 'life',
  drain: 'life', // withdraw its upstream, wait until no router sends to it any more
  cancel: 'life', // break off what is being done with it: it is wanted differently now
  stop: 'life',
  remove: 'life', // take its files away
  forget: 'life', // nothing is left of it: drop its records
  publish: 'route', // routers may send to it
  withdraw: 'route', // routers must not send to it
} as const;

export type StepKind = keyof typeof STEPS;

export interface Step {
  kind: StepKind;
  unit: string;
  reason: string;
}

/** `stop web.1: placement says stop` */
export function sentence({ kind, unit, reason }: Step): string {
  return `${kind} ${unit}: ${reason}`;
}

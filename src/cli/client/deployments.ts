// A deployment as a person reads it; pure.

export interface ApiDeployment {
  id: string;
  kind: string;
  user: string;
  from: number;
  to: number;
  step: string;
  finished: boolean;
  deadline: string;
  events: { at: string; step: string; reason: string }[];
  failure?: string;
}

/** GET /v2/apps/<id>/deployments */
export interface ApiPastDeployment {
  id: string;
  kind: string;
  user: string;
  from: number;
  to: number;
  step: 'done' | 'reverted';
  began: string;
  ended: string;
  reason: string;
  failure?: string;
}

/** `deploy v2 to v3 by ada: starting` */
export function deploymentTitle(
  deployment: Pick<ApiDeployment, 'kind' | 'from' | 'to' | 'user' | 'step'>,
): string {
  const { kind, user, step } = deployment;
  return `${kind} ${versions(deployment)} by ${user}: ${step}`;
}

export function versions({ from, to }: Pick<ApiDeployment, 'from' | 'to'>): string {
  return from === to ? `of v${to}` : `v${from} to v${to}`;
}

/** `12:00:01  starting  it is the only deployment of this app` */
export function eventCells({ at, step, reason }: ApiDeployment['events'][number]): string[] {
  return [at.slice(11, 19), step, reason];
}

/** What a person can do next; empty when there is nothing. */
export function nextStep({ step }: Pick<ApiDeployment, 'step'>, app: string): string[] {
  if (step !== 'paused') return [];
  return [`Try again: deis deploy:resume -a ${app}`, `Give up:   deis deploy:cancel -a ${app}`];
}

/** `1.2 s` */
export function lasted({ began, ended }: Pick<ApiPastDeployment, 'began' | 'ended'>): string {
  return `${((Date.parse(ended) - Date.parse(began)) / 1000).toFixed(1)} s`;
}

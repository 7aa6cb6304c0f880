// The Engine's words for a container, as ours.

import type { ContainerInspectInfo } from 'dockerode';
import type { Container, ContainerEvent } from '../ports/container-engine.ts';

export function containerOf(info: ContainerInspectInfo): Container {
  const { Id: id, Name: name, State: state, Config: config, NetworkSettings: network } = info;
  const started = state.StartedAt.startsWith('0001-') ? '' : state.StartedAt;
  const addresses = Object.values(network.Networks ?? {}).map(({ IPAddress }) => IPAddress);
  return {
    id,
    name: name.replace(/^\//, ''),
    image: config.Image,
    labels: config.Labels ?? {},
    running: state.Running,
    startedAt: started,
    ip: state.Running ? (addresses.find((address) => address !== '') ?? '') : '',
    pid: state.Pid,
    exitCode: state.Running ? 0 : state.ExitCode,
    outOfMemory: state.OOMKilled,
  };
}

/** What the Engine is asked to tell of. */
export const ACTIONS: readonly string[] = [
  'start',
  'oom',
  'die',
  'destroy',
] satisfies ContainerEvent['action'][];
/** What the Engine mixes into the labels of an event. */
const NOT_LABELS = new Set(['name', 'image', 'exitCode', 'signal', 'execDuration']);

/** One line of the Engine's event stream; undefined for events that we do not follow. */
export function eventOf(line: string): ContainerEvent | undefined {
  const { Type, Action, Actor } = JSON.parse(line) as {
    Type: string;
    Action: string;
    Actor: { ID: string; Attributes: Record<string, string> };
  };
  if (Type !== 'container' || !ACTIONS.includes(Action)) return undefined;
  const attributes = Object.entries(Actor.Attributes);
  const exitCode = Actor.Attributes['exitCode'];
  return {
    action: Action as ContainerEvent['action'],
    id: Actor.ID,
    name: Actor.Attributes['name'] ?? '',
    labels: Object.fromEntries(attributes.filter(([name]) => !NOT_LABELS.has(name))),
    ...(exitCode === undefined ? {} : { exitCode: Number(exitCode) }),
  };
}

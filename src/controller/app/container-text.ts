// What the waiter would make of an app's unit beyond its unit file, in readable lines. Config values are named by their record only. Pure.

import { formatBytes } from '../../model/capacity.ts';
import type { HealthCheck } from '../../model/app.ts';
import type { WantedUnit } from '../../model/unit.ts';

export function containerText({ process }: WantedUnit): string {
  if (!process) return '';
  const { command, memory, cpuShares, check, config, routed, stopTimeout, drainTimeout } = process;
  const lines = [
    `command: ${command === null ? "the image's own" : command.join(' ')}`,
    `memory: ${memory === undefined ? 'no limit' : formatBytes(memory)}`,
    `cpu shares: ${cpuShares ?? 'no limit'}`,
    `check: ${routed ? checkText(check) : 'none'}`,
    `stop: ${routed ? `drained for at most ${drainTimeout} s, then ` : ''}SIGTERM, SIGKILL after ${stopTimeout} s`,
    `config: ${config}`,
  ];
  return `\n# Container\n${lines.map((line) => `# ${line}`).join('\n')}`;
}

function checkText({
  path,
  command,
  interval,
  timeout,
  failures,
  initialDelay,
}: HealthCheck): string {
  const asked = path === undefined ? 'a connection to its port' : `GET ${path}`;
  const what = command ? `${command.join(' ')} in the container` : asked;
  return `${what} every ${interval} s, ${timeout} s each, ${failures} failures withdraw it, first after ${initialDelay} s`;
}

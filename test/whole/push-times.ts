// How long a push says that its own build took: what the platform adds is the rest.

/** Steps that are the platform's, whatever is pushed. */
const PLATFORM_STEPS = /^(?:Pushing image|Launching)/;

/** Seconds, from the output of `git push`: a Dockerfile's steps by themselves, else every step but those of the platform. */
export function ownSteps(output: string): number {
  const plain = output.replaceAll('\u001b[1G', '');
  const lines = plain.split(/\r?\n/).map((line) => line.replace(/^remote: /, ''));
  const inside = lines.flatMap((line) => {
    const [, took] = /^\s+step \d+\/\d+ took ([\d.]+) s/.exec(line) ?? [];
    return took === undefined ? [] : [Number(took)];
  });
  if (lines.some((line) => line.startsWith('Step 1/'))) return sum(inside);
  let title = '';
  const steps: number[] = [];
  for (const line of lines) {
    title = /^-----> (.*)/.exec(line)?.[1] ?? title;
    const [, minutes = '0', seconds] = /^\s+\((?:(\d+) min )?([\d.]+) s\)\s*$/.exec(line) ?? [];
    if (seconds !== undefined && !PLATFORM_STEPS.test(title)) {
      steps.push(Number(minutes) * 60 + Number(seconds));
    }
  }
  return sum(steps);
}

const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0);

// Shows steps with their times: a spinner on a terminal, plain lines anywhere else. Goes to stderr, so that stdout stays for results.
import type { Progress } from '../machines/progress.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;

/** Where the lines go, and whether the last one may be drawn over. */
export interface ProgressTarget {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** `await progress.step('Booting deis-1', async () => …)`. Steps may run inside or beside each other. */
export function createProgress(target: ProgressTarget = process.stderr): Progress {
  return target.isTTY ? new Spinner(target) : new PlainLines(target);
}

class PlainLines implements Progress {
  readonly #target: ProgressTarget;

  constructor(target: ProgressTarget) {
    this.#target = target;
  }

  async step<T>(title: string, work: () => Promise<T>): Promise<T> {
    return await timed(work, (mark, time) => this.#target.write(`${mark} ${title} ${time}\n`));
  }

  note(text: string): void {
    this.#target.write(`  ${text}\n`);
  }
}

class Spinner implements Progress {
  readonly #target: ProgressTarget;
  readonly #running: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;

  constructor(target: ProgressTarget) {
    this.#target = target;
  }

  async step<T>(title: string, work: () => Promise<T>): Promise<T> {
    this.#running.push(title);
    this.#timer ??= setInterval(() => this.#draw(), FRAME_MS).unref();
    this.#draw();
    return await timed(work, (mark, time) => {
      this.#running.splice(this.#running.lastIndexOf(title), 1);
      this.#line(`${mark} ${title} ${time}`);
      if (this.#running.length > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
  }

  note(text: string): void {
    this.#line(`  ${text}`);
  }

  #line(text: string): void {
    this.#target.write(`\r\u001B[K${text}\n`);
    this.#draw();
  }

  #draw(): void {
    const title = this.#running.at(-1);
    if (title === undefined) return;
    this.#frame = (this.#frame + 1) % FRAMES.length;
    this.#target.write(`\r\u001B[K${FRAMES[this.#frame]} ${title}`);
  }
}

async function timed<T>(
  work: () => Promise<T>,
  done: (mark: string, time: string) => unknown,
): Promise<T> {
  const start = performance.now();
  const time = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  try {
    const result = await work();
    done('✓', time());
    return result;
  } catch (error) {
    done('✗', time());
    throw error;
  }
}

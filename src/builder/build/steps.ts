// What the pusher reads while an Engine builds: its own words, with the time of every step that took any, and the last lines of
// the step that is going on, for when it fails.

import type { Show } from '../../ports/image-builder.ts';

const KEPT_LINES = 15;
const LONGEST_LINE = 400;
/** Shorter steps need no mention, ms. */
const WORTH_TELLING_MS = 500;

const STEP = /^Step (\d+\/\d+) : (.*)/;

export class Steps {
  readonly #show: Show;
  readonly #now: () => number;
  #step: { number: string; text: string; since: number } | undefined;
  #last: string[] = [];
  #open = '';

  /** `now` in ms. */
  constructor(show: Show, now: () => number) {
    this.#show = show;
    this.#now = now;
  }

  /** Anything the Engine says. */
  readonly take: Show = (text) => {
    const lines = (this.#open + text).split('\n');
    this.#open = lines.pop()!.slice(-LONGEST_LINE);
    for (const line of lines) this.#line(line);
    this.#show(text);
  };

  /** The step that was going on, with its last lines; empty when nothing was said. */
  failed(): string {
    const said = [...this.#last, this.#open].filter((line) => line.trim() !== '');
    const title = this.#step ? [`Step ${this.#step.number} : ${this.#step.text}`] : [];
    return [...title, ...said.slice(-KEPT_LINES)].join('\n');
  }

  /** The last step is over. */
  end(): void {
    this.#tellTime();
    this.#step = undefined;
  }

  #line(line: string): void {
    const match = STEP.exec(line);
    if (!match) {
      this.#last = [...this.#last, line.slice(0, LONGEST_LINE)].slice(-KEPT_LINES);
      return;
    }
    this.#tellTime();
    this.#step = { number: match[1]!, text: match[2]!.slice(0, LONGEST_LINE), since: this.#now() };
    this.#last = [];
  }

  #tellTime(): void {
    if (!this.#step) return;
    const took = this.#now() - this.#step.since;
    if (took < WORTH_TELLING_MS) return;
    this.#show(`       step ${this.#step.number} took ${(took / 1000).toFixed(1)} s\n`);
  }
}

// What the pusher reads while an Engine builds: its own words, with the time of every step that took any, and the last lines of
// the step that is going on, for when it fails.

import type { Show } from '../../ports/image-builder.ts';

const KEPT_LINES = 15;
const LONGEST_LINE = 400;
/** Shorter steps need no mention, ms. */
const WORTH_TELLING_MS = 500;

const STEP = /^Step (\d+\/\d+) : (.*)/;
/** Of no use to whoever pushed: which controllers the machine's kernel has. */
const NOISE = /^ ---> \[Warning\] Your kernel does not support/;
/** Beginnings of lines that are looked at as a whole before they are shown. */
const JUDGED = ['Step ', ' ---> '];

interface Step {
  number: string;
  text: string;
  since: number;
}

export class Steps {
  readonly #show: Show;
  readonly #now: () => number;
  #step: Step | undefined;
  #last: string[] = [];
  /** The line that has not ended yet, and how much of it has been shown. */
  #open = '';
  #shown = 0;

  /** `now` in ms. */
  constructor(show: Show, now: () => number) {
    this.#show = show;
    this.#now = now;
  }

  /** Anything the Engine says. */
  readonly take: Show = (text) => {
    const lines = (this.#open + text).split('\n');
    const open = lines.pop()!;
    for (const line of lines) {
      this.#line(line);
      this.#shown = 0;
    }
    this.#open = open;
    // A bar that moves is shown as it moves.
    const isJudged = JUDGED.some((begin) => open.startsWith(begin) || begin.startsWith(open));
    if (!isJudged || this.#shown > 0) this.#showRest(open);
    if (open.length > LONGEST_LINE) this.#forgetBeginning();
  };

  /** The step that was going on, with its last lines; empty when nothing was said. */
  failed(): string {
    const said = [...this.#last, this.#open].filter((line) => line.trim() !== '');
    const title = this.#step ? [`Step ${this.#step.number} : ${this.#step.text}`] : [];
    return [...title, ...said.slice(-KEPT_LINES)].join('\n');
  }

  /** The last step is over. */
  end(): void {
    if (this.#open !== '') this.take('\n');
    this.#tellTime();
    this.#step = undefined;
  }

  #line(line: string): void {
    if (NOISE.test(line)) return;
    const match = STEP.exec(line);
    if (match) {
      this.#tellTime();
      const text = match[2]!.slice(0, LONGEST_LINE);
      this.#step = { number: match[1]!, text, since: this.#now() };
      this.#last = [];
    } else this.#last = [...this.#last, line.slice(-LONGEST_LINE)].slice(-KEPT_LINES);
    this.#showRest(`${line}\n`);
  }

  #showRest(line: string): void {
    if (line.length > this.#shown) this.#show(line.slice(this.#shown));
    this.#shown = line.length;
  }

  /** A line without end must not fill our memory. */
  #forgetBeginning(): void {
    this.#open = this.#open.slice(-LONGEST_LINE);
    this.#shown = this.#open.length;
  }

  #tellTime(): void {
    if (!this.#step) return;
    const took = this.#now() - this.#step.since;
    if (took < WORTH_TELLING_MS) return;
    this.#show(`       step ${this.#step.number} took ${(took / 1000).toFixed(1)} s\n`);
  }
}

// What a pusher sees, line by line as it happens, and what is kept of it.

/** Puts the cursor over git's `remote: `, as Deis v1 did. */
const OVER_REMOTE = '\u001b[1G';
const NEWLINE = 10;
/** A line without end is broken here, bytes. */
const LONGEST_LINE = 16 * 1024;
/** Steps shorter than this do not say how long they took, ms. */
const WORTH_SAYING_MS = 1000;
const STEP = Buffer.from('-----> ');

/** `show` gets bytes for the terminal, `keep` the same lines as they are. Times in ms of a monotonic clock. */
export class PushOutput {
  readonly #show: (bytes: Buffer) => void;
  readonly #keep: (line: Buffer) => void;
  readonly #now: () => number;
  #rest = Buffer.alloc(0);
  #stepBegan: number | undefined;

  constructor(show: (bytes: Buffer) => void, keep: (line: Buffer) => void, now: () => number) {
    this.#show = show;
    this.#keep = keep;
    this.#now = now;
  }

  /** Arrow, so that it can be handed out as a callback. Lines may come in pieces. */
  readonly write = (chunk: string | Buffer): void => {
    let bytes = Buffer.concat([this.#rest, Buffer.from(chunk as string)]);
    for (;;) {
      const end = bytes.indexOf(NEWLINE);
      if (end < 0 && bytes.length <= LONGEST_LINE) break;
      const cut = end < 0 ? LONGEST_LINE : end;
      this.#line(bytes.subarray(0, cut));
      bytes = bytes.subarray(end < 0 ? cut : cut + 1);
    }
    this.#rest = bytes;
  };

  /** `-----> Launching...` and the like. */
  step(title: string): void {
    this.endStep();
    this.write(`-----> ${title}\n`);
  }

  /** Under the arrow's words. */
  text(line: string): void {
    this.write(line === '' ? '\n' : `       ${line}\n`);
  }

  /** The last step is over: what follows is about the whole. */
  endStep(): void {
    if (this.#rest.length > 0) this.write('\n');
    this.#endStep();
  }

  /** Every line of what went wrong. */
  problem(text: string): void {
    for (const line of text.split('\n')) this.write(` !     ${line}\n`);
  }

  #line(line: Buffer): void {
    if (line.subarray(0, STEP.length).equals(STEP)) {
      this.#endStep();
      this.#stepBegan = this.#now();
    }
    this.#emit(line);
  }

  #endStep(): void {
    if (this.#stepBegan === undefined) return;
    const took = this.#now() - this.#stepBegan;
    this.#stepBegan = undefined;
    if (took >= WORTH_SAYING_MS) this.#emit(Buffer.from(`       (${seconds(took)})`));
  }

  #emit(line: Buffer): void {
    const ended = Buffer.concat([line, Buffer.from('\n')]);
    this.#keep(ended);
    this.#show(Buffer.concat([Buffer.from(OVER_REMOTE), ended]));
  }
}

function seconds(ms: number): string {
  const all = ms / 1000;
  if (all < 60) return `${all.toFixed(1)} s`;
  return `${Math.floor(all / 60)} min ${Math.round(all % 60)} s`;
}

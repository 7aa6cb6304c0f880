// The end of an output of any length, as lines.

const KEPT_BYTES = 8192;
const LINES = 10;
const LONGEST_LINE = 300;

export class LastLines {
  #bytes = Buffer.alloc(0);

  add(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]).subarray(-KEPT_BYTES);
  }

  lines(): string[] {
    const lines = this.#bytes.toString().trimEnd().split(/\r?\n/);
    return lines
      .slice(-LINES)
      .map((line) => line.slice(0, LONGEST_LINE))
      .filter((line, index, all) => line !== '' || all.length > 1 || index > 0);
  }
}

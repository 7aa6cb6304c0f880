// Where a command's lines go: the terminal, or a list in a test.

export interface Output {
  /** One line for the person (nothing under --json). */
  line(text: string): void;
}

// How work that takes a while tells what it does. The command line shows it; tests and libraries may stay silent.

export interface Progress {
  /** Announces `title`, does the work, says how long it took. A failure is shown and thrown on. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  /** One remark between the steps. */
  note(text: string): void;
}

export const SILENT: Progress = {
  step: (_title, work) => work(),
  note: () => undefined,
};

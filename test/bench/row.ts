// What a row of `npm run bench` is.

export interface Measure {
  values: number[];
  unit: string;
}

export interface Row {
  name: string;
  what: string;
  goal: string;
  /** Needs the test cluster. */
  machines: boolean;
  /** Why it cannot be measured here. */
  missing?: () => string | undefined;
  measure(): Promise<Measure>;
}

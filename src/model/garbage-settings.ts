// What operators may say about garbage: `deisctl config platform set keepReleases=20`. One table, read by all who tidy up.

export interface GarbageSettings {
  /** Releases of each app that can be rolled back to. */
  keepReleases: number;
  /** Percent of a disk in use from which everything goes that can be had again. */
  diskHigh: number;
  /** Percent at which that ends. */
  diskLow: number;
  /** Seconds that anything is left alone after it came. */
  garbageGrace: number;
  /** Seconds between two looks. */
  garbageEvery: number;
}

interface Row {
  standard: number;
  least: number;
  most: number;
}

const ROWS: Readonly<Record<keyof GarbageSettings, Row>> = {
  keepReleases: { standard: 10, least: 1, most: 1000 },
  diskHigh: { standard: 80, least: 10, most: 99 },
  diskLow: { standard: 70, least: 5, most: 98 },
  garbageGrace: { standard: 3600, least: 10, most: 30 * 86_400 },
  garbageEvery: { standard: 600, least: 1, most: 86_400 },
};

const isName = (name: string): name is keyof GarbageSettings => Object.hasOwn(ROWS, name);

/** What is wrong with a value of `platform/<name>`; undefined: nothing, or it is no setting of this table. */
export function garbageSettingProblem(name: string, value: string): string | undefined {
  if (!isName(name)) return undefined;
  const { least, most } = ROWS[name];
  const number = Number(value);
  const fits = /^[0-9]+$/.test(value) && number >= least && number <= most;
  return fits ? undefined : `${name} must be a whole number from ${least} to ${most}`;
}

/** Values of the component `platform`; what is missing or malformed has its standard. */
export function readGarbageSettings(values: Readonly<Record<string, string>>): GarbageSettings {
  const read = (name: keyof GarbageSettings): number => {
    const value = values[name];
    const fits = value !== undefined && garbageSettingProblem(name, value) === undefined;
    return fits ? Number(value) : ROWS[name].standard;
  };
  const diskHigh = read('diskHigh');
  return {
    keepReleases: read('keepReleases'),
    diskHigh,
    diskLow: Math.min(read('diskLow'), diskHigh - 1),
    garbageGrace: read('garbageGrace'),
    garbageEvery: read('garbageEvery'),
  };
}

// Makes a wanted unit ready for this machine: reads exactly what its placement names, fetches its image, renders its files.

import { createHash } from 'node:crypto';
import type { Placement } from '../model/cluster.ts';
import { DeisError } from '../model/errors.ts';
import { parseRequirements } from '../model/requirements.ts';
import type { WantedUnit } from '../model/unit.ts';
import { optionValues } from '../model/unit-file.ts';
import type { Entry } from '../ports/store.ts';
import type { Templates } from '../ports/templates.ts';
import { keys } from '../registry/keys.ts';
import { unitHash } from '../registry/unit-hash.ts';
import type { Batch } from './batch.ts';
import { type Container, type ContainerSource, containerOf } from './container-of.ts';
import { fitsFileName } from './folder.ts';
import { renderUnit } from './unit-text.ts';
import type { Unit } from './unit.ts';
import type { Prepared } from './view.ts';
import { specDigest, waiterFiles } from './waiter-files.ts';

/** Sets `unit.prepared`, or throws and leaves what it was. */
export type Prepare = (unit: Unit, signal: AbortSignal) => Promise<void>;

export interface PrepareOptions extends ContainerSource {
  templates: Templates;
  /** Keys of the store to read together. */
  reads: Batch<string, Entry | undefined>;
  /** Major version of systemd. */
  systemd: number;
  waiterDirectory: string;
}

/** What the unit file gives the waiter beyond the container's own stop timeout (unit-text.ts), s. */
const WAITER_MARGIN = 15;
const DEFAULT_STOP_LIMIT = 90;

const FAMILIES = {
  app: keys.appUnits,
  platform: keys.platformUnits,
  foreign: keys.foreignUnits,
} as const;

export function preparing(options: PrepareOptions): Prepare {
  return async (unit, signal) => {
    const placement = unit.placement!;
    if (!fitsFileName(unit.name)) throw new DeisError('refused', 'its name is too long for a file');
    const wanted = await readWanted(options, unit.name, placement);
    const container = await containerOf(options, unit, wanted, signal);
    const content = renderUnit(
      {
        unit: wanted,
        ...(container.spec && { container: container.spec }),
        systemd: options.systemd,
      },
      options.templates,
    );
    unit.prepared = preparedOf(wanted, placement.revision, content, container);
    unit.waiterFiles = container.spec ? waiterFiles(container.spec, options.waiterDirectory) : [];
  };
}

/** The record at exactly the revision the scheduler decided about; any other is not ours to run. */
async function readWanted(
  { reads }: PrepareOptions,
  name: string,
  { kind, revision }: Placement,
): Promise<WantedUnit> {
  const family = FAMILIES[kind];
  const key = family.key(name);
  const entry = await reads.add(key);
  if (!entry) throw new DeisError('not-found', 'its wanted unit is not in the store');
  if (entry.modRevision === revision) return family.decode(key, entry.value);
  throw new DeisError(
    'conflict',
    `its wanted unit has changed at revision ${entry.modRevision}: waiting for the scheduler to confirm it`,
  );
}

function preparedOf(
  wanted: WantedUnit,
  revision: number,
  content: string,
  { spec, routed, check, image, drainTimeout }: Container,
): Prepared {
  const digest = spec ? specDigest(spec) : '';
  return {
    revision,
    restarts: wanted.restarts,
    launch: wanted.desired === 'launched',
    content,
    digest,
    fingerprint: createHash('sha256').update(`${digest}\n${content}`).digest('hex').slice(0, 32),
    hash: unitHash(wanted.options),
    revive: reviveOf(wanted),
    exclusive: parseRequirements(wanted.options, wanted.name).onDisconnect === 'stop',
    ...(image !== undefined && { image }),
    ...(routed && { routed }),
    ...(check && { check }),
    drainTimeout,
    stopLimit: spec ? spec.stopTimeout + WAITER_MARGIN : stopLimitOf(wanted),
  };
}

/** TimeoutStopSec= in plain seconds or `1min 30s`; systemd's default is 90 s. */
function stopLimitOf({ options }: WantedUnit): number {
  const text = optionValues(options, 'Service', 'TimeoutStopSec').at(-1)?.trim() ?? '';
  const match = /^(?:([0-9]+)\s*min)?\s*(?:([0-9]+)\s*s?)?$/.exec(text);
  const seconds = Number(match?.[1] ?? 0) * 60 + Number(match?.[2] ?? 0);
  return seconds > 0 ? seconds : DEFAULT_STOP_LIMIT;
}

/** Containers of ours run until told otherwise; a foreign unit only as its own Restart= says. */
function reviveOf({ kind, options, process }: WantedUnit): Prepared['revive'] {
  if (kind === 'app') return process?.type === 'run' ? 'never' : 'always';
  if (kind === 'platform' && optionValues(options, 'X-Deis', 'Image').length > 0) return 'always';
  const restart = optionValues(options, 'Service', 'Restart').at(-1) ?? 'no';
  return ['no', 'on-success'].includes(restart) ? 'never' : 'failed';
}

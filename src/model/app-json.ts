// app.json (the schema that Heroku published, and what Dokku added for health checks): what of it is read. Unknown keys are ignored;
// a known key with a value of another kind is a mistake, named with its place. Pure.

import { CONFIG_KEY, PROCESS_TYPE } from './ids.ts';

/** A check as Dokku writes it. Times in seconds. */
export interface AppJsonCheck {
  type: 'startup' | 'readiness' | 'liveness';
  path?: string;
  /** Run in the container; a text is a line for its shell. */
  command?: string[];
  initialDelay?: number;
  timeout?: number;
  /** Between attempts. */
  wait?: number;
  attempts?: number;
}

/** A type and not an interface: it goes into records as plain JSON. */
export type AppJson = {
  /** Wanted number per process type at the first deployment. */
  formation: Record<string, number>;
  healthchecks: Record<string, AppJsonCheck[]>;
  /** Defaults of config values. */
  env: Record<string, string>;
  /** Config values that must be set, having no default. */
  required: string[];
  /** `predeploy`, `postdeploy` … as shell lines. */
  scripts: Record<string, string>;
  /** A prebuilt image that the Procfile is run over. */
  image?: string;
};

export type ParsedAppJson = { appJson: AppJson } | { problem: string };

type Json = Record<string, unknown>;

/** A rule that is broken; caught at the one door below. */
class Mistake extends Error {}

/** Bytes of the whole file. */
const LARGEST = 2 ** 20;

/** The problem is a sentence that begins with the file, and with the line where JSON itself is at fault. */
export function parseAppJson(text: string): ParsedAppJson {
  if (new TextEncoder().encode(text).length > LARGEST)
    return { problem: 'app.json is larger than 1 MB.' };
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const line = /\(line (\d+)/.exec(said)?.[1] ?? lineOf(text, said);
    return { problem: `app.json, line ${line}: ${said.replace(/ \(line.*$/, '')}` };
  }
  try {
    return { appJson: read(mapOf(json, 'the file')) };
  } catch (error) {
    if (error instanceof Mistake) return { problem: `app.json: ${error.message}` };
    throw error;
  }
}

/** The end of a file that stops too early has no position. */
function lineOf(text: string, said: string): number {
  const at = Number(/position (\d+)/.exec(said)?.[1] ?? text.length);
  return text.slice(0, at).split('\n').length;
}

function read(json: Json): AppJson {
  const env = Object.entries(mapOf(json['env'] ?? {}, 'env')).map(readVariable);
  const image = json['image'];
  if (image !== undefined && typeof image !== 'string') throw new Mistake('image must be a text.');
  return {
    formation: Object.fromEntries(
      Object.entries(mapOf(json['formation'] ?? {}, 'formation')).flatMap(readQuantity),
    ),
    healthchecks: Object.fromEntries(
      Object.entries(mapOf(json['healthchecks'] ?? {}, 'healthchecks')).map(readChecks),
    ),
    env: Object.fromEntries(
      env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
    ),
    required: env.flatMap(({ name, value, required }) =>
      required && value === undefined ? [name] : [],
    ),
    scripts: Object.fromEntries(
      Object.entries(mapOf(json['scripts'] ?? {}, 'scripts')).map(readScript),
    ),
    ...(image === undefined ? {} : { image }),
  };
}

function readQuantity([type, value]: [string, unknown]): [string, number][] {
  const at = `formation.${typeNamed(type, 'formation')}`;
  const { quantity } = mapOf(value, at);
  if (quantity === undefined) return [];
  return [[type, whole(quantity, `${at}.quantity`)]];
}

function readChecks([type, value]: [string, unknown]): [string, AppJsonCheck[]] {
  const at = `healthchecks.${typeNamed(type, 'healthchecks')}`;
  if (!Array.isArray(value)) throw new Mistake(`${at} must be a list.`);
  return [
    type,
    value.map((one, index) => readCheck(mapOf(one, `${at}[${index}]`), `${at}[${index}]`)),
  ];
}

function readCheck(json: Json, at: string): AppJsonCheck {
  const { type = 'startup', path } = json;
  if (type !== 'startup' && type !== 'readiness' && type !== 'liveness') {
    throw new Mistake(`${at}.type must be startup, readiness or liveness.`);
  }
  if (path !== undefined && (typeof path !== 'string' || !path.startsWith('/'))) {
    throw new Mistake(`${at}.path must be a text that starts with /.`);
  }
  const command = readCommand(json['command'], `${at}.command`);
  const numbers = (['initialDelay', 'timeout', 'wait', 'attempts'] as const).flatMap((name) =>
    json[name] === undefined ? [] : [[name, whole(json[name], `${at}.${name}`)] as const],
  );
  return {
    type,
    ...(path === undefined ? {} : { path }),
    ...(command ? { command } : {}),
    ...Object.fromEntries(numbers),
  };
}

function readCommand(value: unknown, at: string): string[] | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.trim() !== '') return ['/bin/sh', '-c', value];
  const isList =
    Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string');
  if (!isList) throw new Mistake(`${at} must be a text or a list of texts.`);
  return value;
}

interface Variable {
  name: string;
  value: string | undefined;
  required: boolean;
}

function readVariable([name, value]: [string, unknown]): Variable {
  if (!CONFIG_KEY.test(name))
    throw new Mistake(`env: "${name.slice(0, 60)}" is not the name of a config value.`);
  if (typeof value === 'string') return { name, value, required: false };
  const { value: inner, required = true } = mapOf(value, `env.${name}`);
  if (inner !== undefined && typeof inner !== 'string') {
    throw new Mistake(`env.${name}.value must be a text.`);
  }
  return { name, value: inner, required: required !== false };
}

function readScript([name, value]: [string, unknown]): [string, string] {
  if (typeof value !== 'string') throw new Mistake(`scripts.${name} must be a text.`);
  return [name, value];
}

function typeNamed(type: string, at: string): string {
  if (PROCESS_TYPE.test(type)) return type;
  throw new Mistake(`${at}: "${type.slice(0, 60)}" is not a process type.`);
}

function whole(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100_000)
    return value;
  throw new Mistake(`${at} must be a whole number.`);
}

function mapOf(value: unknown, at: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new Mistake(`${at} must be an object.`);
}

// What git is told, whoever's files lie around: nothing of the machine's own configuration, and the limits of a push.

/** The settings of a command, as pairs of environment variables (git-config(1), GIT_CONFIG_COUNT). */
export function gitEnvironment(settings: Record<string, string>): Record<string, string> {
  const all = { ...ALWAYS, ...settings };
  const pairs = Object.entries(all).flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: String(Object.keys(all).length),
    ...(Object.fromEntries(pairs) as Record<string, string>),
  };
}

const ALWAYS: Record<string, string> = {
  'safe.directory': '*',
  'gc.auto': '2000',
  'gc.autoDetach': 'false',
  'gc.pruneExpire': '1.hour.ago',
};

/** Old histories hold small sins that hurt nobody. */
const FORGIVEN = [
  'zeroPaddedFilemode',
  'missingSpaceBeforeDate',
  'missingSpaceBeforeEmail',
  'missingNameBeforeEmail',
  'missingEmail',
  'badTimezone',
  'badDate',
  'badDateOverflow',
  'zeroPaddedDate',
  'nullSha1',
];

/** For `git receive-pack`: `most` bytes a pack, hooks from one place, objects checked before anybody uses them. */
export function receiveSettings(hooks: string, most: number): Record<string, string> {
  return {
    'core.hooksPath': hooks,
    'receive.maxInputSize': String(most),
    'receive.fsckObjects': 'true',
    // Packs stay packs: taking large files out of them and compressing these again costs more than receiving them.
    'receive.unpackLimit': '1',
    'receive.shallowUpdate': 'true',
    'receive.autogc': 'false',
    'receive.denyDeleteCurrent': 'ignore',
    'receive.advertisePushOptions': 'false',
    ...Object.fromEntries(FORGIVEN.map((sin) => [`receive.fsck.${sin}`, 'ignore'])),
  };
}

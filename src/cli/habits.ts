// Words that people bring from elsewhere: from fleetctl, Heroku, docker, systemctl, and from the other one of our two programs; pure.
// To add one: a row.

/** What to type for it. */
const DEISCTL: Readonly<Record<string, string>> = {
  'list-units': 'deisctl list --all',
  'list-unit-files': 'deisctl list --all',
  'list-machines': 'deisctl machines',
  units: 'deisctl list',
  ps: 'deisctl list',
  hosts: 'deisctl machines',
  load: 'deisctl install',
  unload: 'deisctl stop',
  cat: 'deisctl why',
  remove: 'deisctl uninstall',
  delete: 'deisctl uninstall',
  rm: 'deisctl uninstall',
  kill: 'deisctl stop',
  reload: 'deisctl rolling-restart',
  logs: 'deisctl journal',
  log: 'deisctl journal',
  exec: 'deisctl dock',
  attach: 'deisctl dock',
  run: 'deisctl dock',
  get: 'deisctl config platform get',
  set: 'deisctl config platform set',
  settings: 'deisctl config',
  upgrade: 'deisctl upgrade-prep',
  update: 'deisctl upgrade-prep',
  up: 'deisctl local up',
  down: 'deisctl local down',
  check: 'deisctl doctor',
  health: 'deisctl doctor',
  join: 'deisctl nodes create',
  completion: 'deisctl autocomplete',
};

const DEIS: Readonly<Record<string, string>> = {
  list: 'deis apps',
  ls: 'deis apps',
  log: 'deis logs',
  env: 'deis config',
  exec: 'deis run',
  push: 'git push deis master',
};

/** Words at the front of `deis` that mean nothing to `deisctl`; a test compares them with its table. */
const OF_DEIS =
  'apps auth builds certs create deploy deployments domains drains git info keys limits login logout open passwd perms policy pull register registry releases rollback routing sharing shortcuts tags users whoami';
/** And the other way round. */
const OF_DEISCTL =
  'contexts cordon disk dock doctor drain events flavors formations ignition install journal layers local machines nodes providers rebalance reboot refresh-units restart rolling-restart ssh start status stop submit top uncordon uninstall upgrade-prep upgrade-takeover why';

/** What somebody who typed this word at `program` means; undefined: nobody is known to. */
export function habit(program: string, word: string): string | undefined {
  if (program === 'deisctl') {
    if (Object.hasOwn(DEISCTL, word)) return DEISCTL[word];
    const [first = ''] = word.split(':');
    return OF_DEIS.split(' ').includes(first) ? `deis ${word}` : undefined;
  }
  if (Object.hasOwn(DEIS, word)) return DEIS[word];
  return OF_DEISCTL.split(' ').includes(word) ? `deisctl ${word}` : undefined;
}

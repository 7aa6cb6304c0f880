// deis: the app developer's program. To add a command: a file <topic>/<verb>.ts, and its row in COMMANDS.

import type { Command, Hook } from '@oclif/core';
import AppsCreate from './apps/create.ts';
import AppsDestroy from './apps/destroy.ts';
import AppsEvents from './apps/events.ts';
import AppsInfo from './apps/info.ts';
import AppsList from './apps/list.ts';
import AppsLogs from './apps/logs.ts';
import AppsOpen from './apps/open.ts';
import AppsRun from './apps/run.ts';
import AppsTransfer from './apps/transfer.ts';
import AuthCancel from './auth/cancel.ts';
import AuthLogin from './auth/login.ts';
import AuthLogout from './auth/logout.ts';
import AuthPasswd from './auth/passwd.ts';
import AuthRegenerate from './auth/regenerate.ts';
import AuthRegister from './auth/register.ts';
import AuthWhoami from './auth/whoami.ts';
import Autocomplete from './autocomplete.ts';
import BuildsCreate from './builds/create.ts';
import BuildsInfo from './builds/info.ts';
import BuildsList from './builds/list.ts';
import BuildsLogs from './builds/logs.ts';
import BuildsSlug from './builds/slug.ts';
import CertsAdd from './certs/add.ts';
import CertsInfo from './certs/info.ts';
import CertsList from './certs/list.ts';
import CertsRemove from './certs/remove.ts';
import ConfigList from './config/list.ts';
import ConfigPull from './config/pull.ts';
import ConfigPush from './config/push.ts';
import ConfigSet from './config/set.ts';
import ConfigUnset from './config/unset.ts';
import DeployCancel from './deploy/cancel.ts';
import DeployList from './deploy/list.ts';
import DeployResume from './deploy/resume.ts';
import DeployStatus from './deploy/status.ts';
import DeployWatch from './deploy/watch.ts';
import DomainsAdd from './domains/add.ts';
import DomainsList from './domains/list.ts';
import DomainsRemove from './domains/remove.ts';
import DrainsAdd from './drains/add.ts';
import DrainsList from './drains/list.ts';
import DrainsRemove from './drains/remove.ts';
import GitRemote from './git/remote.ts';
import KeysAdd from './keys/add.ts';
import KeysList from './keys/list.ts';
import KeysRemove from './keys/remove.ts';
import LimitsList from './limits/list.ts';
import LimitsSet from './limits/set.ts';
import LimitsUnset from './limits/unset.ts';
import PermsCreate from './perms/create.ts';
import PermsDelete from './perms/delete.ts';
import PermsList from './perms/list.ts';
import Plan from './plan.ts';
import PolicyList from './policy/list.ts';
import PolicySet from './policy/set.ts';
import PolicyUnset from './policy/unset.ts';
import PsList from './ps/list.ts';
import PsRestart from './ps/restart.ts';
import PsScale from './ps/scale.ts';
import RegistryList from './registry/list.ts';
import RegistrySet from './registry/set.ts';
import RegistryUnset from './registry/unset.ts';
import RoutingList from './routing/list.ts';
import RoutingSet from './routing/set.ts';
import RoutingUnset from './routing/unset.ts';
import ReleasesInfo from './releases/info.ts';
import ReleasesList from './releases/list.ts';
import ReleasesRollback from './releases/rollback.ts';
import Shortcuts from './shortcuts.ts';
import TagsList from './tags/list.ts';
import TagsSet from './tags/set.ts';
import TagsUnset from './tags/unset.ts';
import UsersList from './users/list.ts';
import { plannedCommand } from '../client/plan-words.ts';
import { protectCommand } from '../client/run-words.ts';
import { runPlugin, unknownCommand } from '../not-found.ts';
import { knownIds, runProgram } from '../program.ts';

export const COMMANDS: Record<string, Command.Class> = {
  'apps:create': AppsCreate,
  'apps:destroy': AppsDestroy,
  'apps:events': AppsEvents,
  'apps:info': AppsInfo,
  'apps:list': AppsList,
  'apps:logs': AppsLogs,
  'apps:open': AppsOpen,
  'apps:run': AppsRun,
  'apps:transfer': AppsTransfer,
  'auth:cancel': AuthCancel,
  'auth:login': AuthLogin,
  'auth:logout': AuthLogout,
  'auth:passwd': AuthPasswd,
  'auth:regenerate': AuthRegenerate,
  'auth:register': AuthRegister,
  'auth:whoami': AuthWhoami,
  autocomplete: Autocomplete,
  'builds:create': BuildsCreate,
  'builds:info': BuildsInfo,
  'builds:list': BuildsList,
  'builds:logs': BuildsLogs,
  'builds:slug': BuildsSlug,
  'certs:add': CertsAdd,
  'certs:info': CertsInfo,
  'certs:list': CertsList,
  'certs:remove': CertsRemove,
  'config:list': ConfigList,
  'config:pull': ConfigPull,
  'config:push': ConfigPush,
  'config:set': ConfigSet,
  'config:unset': ConfigUnset,
  'deploy:cancel': DeployCancel,
  'deploy:list': DeployList,
  'deploy:resume': DeployResume,
  'deploy:status': DeployStatus,
  'deploy:watch': DeployWatch,
  'domains:add': DomainsAdd,
  'domains:list': DomainsList,
  'domains:remove': DomainsRemove,
  'drains:add': DrainsAdd,
  'drains:list': DrainsList,
  'drains:remove': DrainsRemove,
  'git:remote': GitRemote,
  'keys:add': KeysAdd,
  'keys:list': KeysList,
  'keys:remove': KeysRemove,
  'limits:list': LimitsList,
  'limits:set': LimitsSet,
  'limits:unset': LimitsUnset,
  'perms:create': PermsCreate,
  'perms:delete': PermsDelete,
  'perms:list': PermsList,
  plan: Plan,
  'policy:list': PolicyList,
  'policy:set': PolicySet,
  'policy:unset': PolicyUnset,
  'ps:list': PsList,
  'ps:restart': PsRestart,
  'ps:scale': PsScale,
  'registry:list': RegistryList,
  'registry:set': RegistrySet,
  'registry:unset': RegistryUnset,
  'routing:list': RoutingList,
  'routing:set': RoutingSet,
  'routing:unset': RoutingUnset,
  'releases:info': ReleasesInfo,
  'releases:list': ReleasesList,
  'releases:rollback': ReleasesRollback,
  shortcuts: Shortcuts,
  'tags:list': TagsList,
  'tags:set': TagsSet,
  'tags:unset': TagsUnset,
  'users:list': UsersList,
};

const TOPICS = {
  apps: 'Create, look at and destroy apps.',
  auth: 'Register, log in and out.',
  builds: 'What was pushed to an app, its logs and its images.',
  certs: 'Certificates for domains of your apps.',
  config: 'Environment variables of an app.',
  deploy: 'Deployments of an app: watch, cancel and resume them.',
  domains: 'Domains that an app is served under.',
  drains: 'Log receivers that get the lines of an app.',
  git: 'Where `git push` goes.',
  keys: 'SSH keys that may push.',
  limits: 'Memory and cpu of process types.',
  perms: 'Who shares an app, and who administers the platform.',
  policy: 'How an app is deployed.',
  ps: 'Running containers.',
  registry: 'Logins at other registries of images.',
  routing: 'The way to an app: limits, who may use it, maintenance.',
  releases: 'History of an app, and the way back.',
  tags: 'On which machines an app may run.',
  users: 'Who may use the platform.',
};

export const notFound: Hook.CommandNotFound = async ({ id, argv }) => {
  const status = runPlugin('deis', [id, ...(argv ?? [])]);
  if (status === undefined) unknownCommand('deis', id, knownIds(COMMANDS));
  process.exitCode = status;
};

/** Resolves to the exit status. */
export function main(argv: string[]): Promise<number> {
  return runProgram(
    {
      name: 'deis',
      description: 'Deploy and run apps on a Deis platform.',
      module: import.meta.url,
      commands: COMMANDS,
      topics: TOPICS,
      separator: ':',
      withValue: ['-a', '--app', '--profile'],
      arrange: (words) => protectCommand(plannedCommand(words)),
    },
    argv,
  );
}

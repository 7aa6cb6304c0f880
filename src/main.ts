// The daemon: `deisd agent` on every machine, `deisd router` and `deisd controller` in the platform's containers.

import { VERSION } from './model/version.ts';

/** To add a role: a row here and its composition in main/<role>.ts. Resolves to the exit status, if that is not 0. */
const ROLES: Record<string, (args: string[], signal: AbortSignal) => Promise<number | void>> = {
  agent: async (_args, signal) => (await import('./main/agent.ts')).agent(signal),
  router: async (args, signal) => (await import('./main/router.ts')).router(args, signal),
  controller: async (args, signal) =>
    (await import('./main/controller.ts')).controller(args, signal),
  builder: async (args, signal) => (await import('./main/builder.ts')).builder(args, signal),
  registry: async (args, signal) => (await import('./main/registry.ts')).registry(args, signal),
  logger: async (args, signal) => (await import('./main/logger.ts')).logger(args, signal),
  examine: async (args, signal) =>
    (await import('./main/examine.ts')).printExamination(args, signal),
  leave: async (_args, signal) => (await import('./main/leave.ts')).leave('leave', signal),
  stay: async (_args, signal) => (await import('./main/leave.ts')).leave('stay', signal),
  fleetctl: async (args, signal) => (await import('./main/fleetctl.ts')).fleetctl(args, signal),
  reboot: async (_args, signal) => (await import('./main/reboots.ts')).reboot(signal),
  'accept-store': async () => (await import('./main/accept-store.ts')).acceptStore(),
};

const USAGE = `deisd runs one part of the platform.

  deisd agent               runs units of this machine; takes part in scheduling
  deisd router <unit>       routes requests to apps
  deisd controller <unit>   serves the API and drives deployments
  deisd builder <unit>      takes pushes and makes releases of them
  deisd registry <unit>     keeps a replica of the apps' images
  deisd logger <unit>       keeps what apps print and sends it to drains
  deisd examine [ip:port]…  prints what this machine finds when it examines itself, without any daemon
  deisd leave               moves everything off this machine before it is shut down
  deisd stay                takes that back
  deisd fleetctl <verb>     is the far end of fleetctl's tunnel
  deisd reboot              reboots this machine, if and when nobody notices
  deisd accept-store        says that the store which this machine distrusts is the right one
  deisd --version
`;

/** Runs until SIGTERM or SIGINT; answers the exit status. */
export async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version') return print(`deisd ${VERSION}\n`);
  if (name === undefined || name === '--help' || name === 'help') return print(USAGE);
  const role = ROLES[name];
  if (!role) {
    process.stderr.write(`Error: deisd has no role "${name}"\n\n${USAGE}`);
    return 2;
  }
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  }
  return (await role(rest, stop.signal)) ?? 0;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));

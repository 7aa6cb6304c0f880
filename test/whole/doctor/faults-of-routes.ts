// Faults of routers, images, domains and apps.

import type { TestPlatform } from '../platform.ts';
import type { RealFault } from './doctor.ts';
import { etcdctl } from './faults-of-machines.ts';
import { containerOf, signalTo } from './faults-of-platform.ts';

const REPOSITORIES = '/var/lib/deis/registry/docker/registry/v2/repositories';

async function scaleHello(on: TestPlatform, web: number): Promise<void> {
  await on.mustDeis('ps:scale', `web=${web}`, '-a', 'hello');
}

async function everywhere(on: TestPlatform, script: string): Promise<void> {
  await Promise.all(on.context.machines.map(({ name }) => on.exec(name, script)));
}

/** An image of its own, so that nothing else misses it: `hello` with another label. */
async function pushGone(on: TestPlatform): Promise<void> {
  const build = `printf 'FROM ${on.hello.reference}\\nLABEL app=gone\\n' | DOCKER_BUILDKIT=0 docker build -q -t 127.0.0.1:5555/gone:v1 -`;
  await on.sh(1, `${build} && docker push -q 127.0.0.1:5555/gone:v1`);
}

async function killApp(on: TestPlatform, app: string, signal: string): Promise<void> {
  const ids = `docker ps -q --filter label=deis.app=${app}`;
  await everywhere(
    on,
    `for id in $(${ids}); do kill -${signal} $(docker inspect -f '{{.State.Pid}}' $id); done`,
  );
}

export const ROUTE_FAULTS: RealFault[] = [
  {
    name: 'a router with stale endpoints',
    fault: 'router-stale',
    subject: /^router@/,
    make: async (on) => {
      await signalTo(on, 'router', 'STOP');
      await scaleHello(on, 4);
    },
    after: (on) => scaleHello(on, 3),
  },
  {
    name: 'a router whose files are refused',
    fault: 'router-refused',
    subject: /bodySize/,
    // deisctl would not take it.
    make: (on) => on.sh(1, etcdctl('put /deis/router/bodySize plenty')),
  },
  {
    name: 'nginx dead',
    fault: 'nginx-dead',
    subject: /^router@/,
    make: async (on) => {
      const { machine, container } = await containerOf(on, 'router');
      // Else its agent has it up again within a second.
      const away =
        'mv $(command -v nginx) /nginx.away; pkill -KILL nginx || kill -9 $(pidof nginx)';
      await on.exec(machine, ['docker', 'exec', container, 'sh', '-c', away]);
      await on.exec(machine, 'pkill -KILL -x nginx');
    },
  },
  {
    name: 'a domain claimed twice',
    fault: 'domain-twice',
    subject: /^hello\./,
    make: async (on) => {
      await on.deis('apps:create', 'other', '--no-remote');
      const domain = `hello.${on.context.domain}`;
      const now = new Date().toISOString();
      const record = { domain, app: 'other', owner: 'admin', created: now, updated: now };
      await on.sh(1, etcdctl(`put /deis/domains/${domain} '${JSON.stringify(record)}'`));
    },
    after: (on) => on.deis('apps:destroy', '-a', 'other', '--confirm=other'),
  },
  {
    name: 'an image missing',
    fault: 'image-missing',
    subject: /^gone$/,
    make: async (on) => {
      await pushGone(on);
      await on.deis('apps:create', 'gone', '--no-remote');
      const line = Object.entries(on.hello.procfile).map(([type, text]) => `${type}: ${text}`);
      await on.mustDeis('builds:create', 'gone:v1', '-a', 'gone', '-p', line.join('\n'));
      await on.deis('ps:scale', 'web=1', '-a', 'gone');
      await everywhere(on, `rm -rf ${REPOSITORIES}/gone`);
      const ids = 'docker ps -aq --filter label=deis.app=gone';
      // Its waiter makes the container anew at once, and waits longer after each try: then the image can go.
      const images = 'docker images -q --filter label=app=gone';
      const once = `docker rm -f $(${ids}); docker rmi -f $(${images})`;
      await everywhere(
        on,
        `for i in 1 2 3 4 5 6 7 8; do ${once}; [ -n "$(${images})" ] || break; sleep 0.3; done`,
      );
    },
    // What a new push does: the image is in the registry again.
    before: (on) => pushGone(on),
    mend: [],
    after: (on) => on.deis('apps:destroy', '-a', 'gone', '--confirm=gone'),
  },
  {
    name: 'an app without healthy container',
    fault: 'app-unhealthy',
    subject: /^hello$/,
    make: async (on) => {
      // A frozen process still takes connections: only a check by HTTP sees it.
      await on.mustDeis('config:set', 'HEALTHCHECK_URL=/', '-a', 'hello');
      await killApp(on, 'hello', 'STOP');
    },
    after: (on) => on.deis('config:unset', 'HEALTHCHECK_URL', '-a', 'hello'),
  },
];

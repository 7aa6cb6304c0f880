// The first thing `npm start`, `npm test` and their kin run: brings what a bare Debian lacks, then hands over to the pinned runtime.
// Plain JavaScript without dependencies, for Node 18 and newer: node_modules may not exist yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
const deisctl = join(root, 'bin', 'deisctl.js');
const runner = join(root, 'test', 'run.ts');

/** Package → a file that shows it is there. */
const NEEDED = {
  'systemd-container': '/usr/bin/systemd-nspawn',
  mmdebstrap: '/usr/bin/mmdebstrap',
  iproute2: '/sbin/ip',
  iptables: '/usr/sbin/iptables',
  e2fsprogs: '/sbin/mkfs.ext4',
  'openssh-client': '/usr/bin/ssh-keygen',
  'ca-certificates': '/etc/ssl/certs/ca-certificates.crt',
  'libnss-myhostname': `/usr/lib/${triplet()}/libnss_myhostname.so.2`,
  curl: '/usr/bin/curl',
  git: '/usr/bin/git',
  zstd: '/usr/bin/zstd',
  wrk: '/usr/bin/wrk',
};
/** For tests of the store and the router against real ones; machines bring their own. */
const FOR_TESTS = {
  'etcd-server': '/usr/bin/etcd',
  'etcd-client': '/usr/bin/etcdctl',
  'nginx-light': '/usr/sbin/nginx',
  'libnginx-mod-http-lua': '/usr/lib/nginx/modules/ngx_http_lua_module.so',
  tmux: '/usr/bin/tmux',
  ignition: '/usr/bin/ignition-validate',
  pebble: '/usr/bin/pebble',
};
/** What Debian would start as soon as it is installed: package → service. */
const UNASKED = { 'etcd-server': 'etcd.service', 'nginx-light': 'nginx.service' };
/** For the add-on that writes structured journal entries; deisd copes without it. */
const OPTIONAL = {
  'libsystemd-dev': '/usr/include/systemd/sd-journal.h',
  'g++': '/usr/bin/g++',
  make: '/usr/bin/make',
  python3: '/usr/bin/python3',
};
/** For releases for the other processor: what runs its programs here, and a compiler for it. */
const OTHER = process.arch === 'x64' ? 'aarch64' : 'x86_64';
const FOR_OTHERS = {
  'qemu-user-static': `/usr/bin/qemu-${OTHER}-static`,
  'arch-test': '/usr/bin/arch-test',
  [`g++-${OTHER.replace('_', '-')}-linux-gnu`]: `/usr/bin/${OTHER}-linux-gnu-g++`,
};

/** What each word runs, and what must be there before. To add one: a row. */
const MODES = {
  start: { machines: () => true, run: (args) => [deisctl, 'local', 'start', ...args] },
  stop: { machines: () => true, run: (args) => [deisctl, 'local', 'down', ...args] },
  test: {
    tests: true,
    machines: (args) => !args.includes('--fast'),
    run: (args) => [runner, 'test', ...args],
  },
  proof: {
    tests: true,
    machines: () => true,
    others: (args) => args.length === 0 || args.some((name) => name.startsWith('packages')),
    run: (args) => [runner, 'proof', ...args],
  },
  bench: { tests: true, machines: () => true, run: (args) => [runner, 'bench', ...args] },
  prepack: { machines: () => false, run: () => [join(root, 'src/release/prepack.ts')] },
  release: {
    machines: () => true,
    others: () => true,
    run: (args) => [join(root, 'src/release/main.ts'), ...args],
  },
};

const [word, ...args] = process.argv.slice(2);
// While npm packs, package.json is that of the command lines (release/prepack.ts); a packing that was killed left it so.
const wholeManifest = join(root, '.deis', 'package.json.whole');
if (existsSync(wholeManifest)) renameSync(wholeManifest, join(root, 'package.json'));
if (word === 'postpack') process.exit();
const mode = MODES[word];
if (!mode) giveUp(`Say one of: ${Object.keys(MODES).join(', ')}.`);
process.chdir(root);
if (mode.machines(args)) {
  checkBox();
  installPackages(NEEDED, giveUp);
  if (mode.tests) installForTests();
  if (mode.others?.(args)) {
    installPackages(FOR_OTHERS, (sentence) => say(`${sentence} Going on without.`));
  }
}
if (!modulesAreCurrent()) {
  if (mode.machines(args)) {
    installPackages(OPTIONAL, (sentence) => say(`${sentence} Going on without.`));
  }
  installModules();
}
build();
handOver(mode.run(args));

/** The program decides how to end, and we end with it: a terminal sends Ctrl-C to both, other signals are passed on. */
function handOver(order) {
  const child = spawn(node, order, { stdio: 'inherit' });
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => giveUp(`${node} did not start: ${error.message}`));
  child.on('exit', (status) => process.exit(status ?? 1));
}

/** Local machines need Linux, root, and a kernel with overlay, loop, bridge and control groups of version 2. */
function checkBox() {
  const elsewhere = 'run it in a virtual machine: vagrant up';
  if (process.platform !== 'linux') giveUp(`Machines on this computer need Linux: ${elsewhere}.`);
  if (process.getuid() !== 0) {
    giveUp(`Machines on this computer need root: sudo npm run ${word}.`);
  }
  const filesystems = () => readFileSync('/proc/filesystems', 'utf8');
  if (!/\toverlay$/m.test(filesystems())) spawnSync('modprobe', ['overlay'], { stdio: 'ignore' });
  const missing = [
    [/\toverlay$/m.test(filesystems()), 'the overlay file system'],
    [existsSync('/dev/loop-control'), 'loop devices'],
    [/\tcgroup2$/m.test(filesystems()), 'control groups of version 2'],
    [existsSync('/proc/self/ns/net'), 'network namespaces'],
  ].flatMap(([there, what]) => (there ? [] : [what]));
  if (missing.length > 0) giveUp(`This kernel lacks ${missing.join(' and ')}: ${elsewhere}.`);
}

function installPackages(wanted, onFailure) {
  const missing = Object.keys(wanted).filter((name) => !existsSync(wanted[name]));
  if (missing.length === 0) return;
  if (!existsSync('/usr/bin/apt-get')) {
    onFailure(`Please install, with this system's own package manager: ${missing.join(' ')}.`);
    return;
  }
  timed(`Installing Debian packages: ${missing.join(' ')}`, () => {
    const install = ['install', '--yes', '--no-install-recommends', ...missing];
    if (apt(['update']) && apt(install)) return;
    onFailure(`apt-get could not install ${missing.join(' ')}.`);
  });
}

/** Debian starts a server that it installs: nobody asked for one on this box, where its port may be taken. */
function installForTests() {
  const fresh = Object.keys(UNASKED).filter((name) => !existsSync(FOR_TESTS[name]));
  const services = existsSync('/run/systemd/system') ? fresh.map((name) => UNASKED[name]) : [];
  const systemctl = (...args) =>
    spawnSync('systemctl', [...args, ...services], { stdio: 'ignore' });
  if (services.length > 0) systemctl('mask');
  installPackages(FOR_TESTS, giveUp);
  if (services.length > 0) {
    systemctl('unmask');
    systemctl('disable', '--now');
  }
}

function apt(order) {
  // Run level 1: without systemd, invoke-rc.d(8) starts nothing then.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  // A package manager of somebody else may hold the lock for a moment.
  const patient = ['-q', '-o', 'DPkg::Lock::Timeout=120', ...order];
  return quietly('apt-get', patient, env);
}

/** True when node_modules holds what the lock file says: by our stamp, or by npm's own note if somebody installed by hand. */
function modulesAreCurrent() {
  if (!existsSync(node)) return false;
  const stamp = lockStamp();
  if (existsSync(stamp.file) && readFileSync(stamp.file, 'utf8') === stamp.content) return true;
  const note = join(root, 'node_modules', '.package-lock.json');
  return newest(note) >= newest(join(root, 'package-lock.json'));
}

function installModules() {
  timed('Installing npm packages', () => {
    const order = ['ci', '--include=dev', '--include=optional', '--no-fund', '--no-audit'];
    // .npmrc points add-ons at the headers of the pinned runtime, below $PWD.
    const fine = quietly('npm', order, { ...process.env, PWD: root });
    if (!fine || !existsSync(node)) giveUp('npm ci failed: read its words above.');
    writeFileSync(lockStamp().file, lockStamp().content);
  });
}

function lockStamp() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const content = createHash('sha256').update(lock).digest('hex');
  return { file: join(root, 'node_modules', '.deis-lock'), content };
}

function build() {
  const sources = ['src', 'package.json', 'package-lock.json'].map((name) =>
    newest(join(root, name)),
  );
  const programs = ['dist/cli/deisctl.js', 'dist/cli/deis.js', 'dist/daemon/deisd.js'];
  const built = Math.min(...programs.map((name) => newest(join(root, name))));
  if (built > Math.max(...sources)) return;
  timed('Building deisctl, deis and deisd', () => {
    if (!quietly(node, [join(root, 'src', 'build.ts')], process.env)) giveUp('The build failed.');
  });
}

/** Time of the last change at or below `path`, in milliseconds; 0 when it does not exist. */
function newest(path) {
  if (!existsSync(path)) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return readdirSync(path).reduce(
    (at, name) => Math.max(at, newest(join(path, name))),
    found.mtimeMs,
  );
}

/** Runs a program and shows its output only if it fails. */
function quietly(program, order, env) {
  const { status, error, stdout, stderr } = spawnSync(program, order, {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return true;
  process.stderr.write(`${error ? `${error.message}\n` : ''}${stdout ?? ''}${stderr ?? ''}`);
  return false;
}

function timed(title, work) {
  const start = Date.now();
  say(`${title} …`);
  work();
  say(`${title.split(':')[0]}: ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Debian's name of this architecture, as in /usr/lib/<triplet>. */
function triplet() {
  return { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch] ?? 'unknown';
}

function giveUp(sentence) {
  say(`Error: ${sentence}`);
  process.exit(1);
}

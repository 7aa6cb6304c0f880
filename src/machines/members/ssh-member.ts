// A member of the store on a host that joined over SSH. What it replaces there is noted, so that the host is itself again when it leaves.

import { issueIdentity } from '../identity.ts';
import { FACTS_SCRIPT, type HostFacts, parseFacts } from '../join/host-facts.ts';
import type { ClusterKit } from '../join/join.ts';
import { ordered } from '../join/ordered.ts';
import { packFiles } from '../join/pack.ts';
import { filesScript, prepareScript } from '../join/scripts.ts';
import { ETCD_DATA, etcdFiles, SYSTEM } from '../node-files.ts';
import type { Host } from '../../ports/host.ts';
import type { MemberHost } from './follow.ts';
import { FIND_MEMBER_PROGRAM, startMemberScript, STOP_MEMBER_SCRIPT } from './scripts.ts';

export interface SshMember {
  name: string;
  ip: string;
  open(signal: AbortSignal): Promise<Host>;
  /** Read when it is needed: it names the members of that moment. */
  kit(): Promise<ClusterKit>;
}

const ETCD_PORTS = [2379, 2380];

/** Could a host like this carry a member? Not beside an etcd of its owner's. */
export function mayCarry({
  etcd,
  apt,
  ports,
  begun,
}: Pick<HostFacts, 'etcd' | 'apt' | 'ports' | 'begun'>): boolean {
  const taken = !begun && ETCD_PORTS.some((port) => ports.includes(port));
  return !taken && (etcd !== '' || apt);
}

export function sshMemberHost(member: SshMember): MemberHost {
  const onHost = async (signal: AbortSignal, act: (host: Host) => Promise<unknown>) => {
    const host = await member.open(signal);
    try {
      await act(host);
    } finally {
      host.close();
    }
  };
  return {
    start: (initialCluster, signal) =>
      onHost(signal, (host) => start(host, member, initialCluster, signal)),
    stop: (signal) =>
      onHost(signal, (host) => ordered(host, 'the store', STOP_MEMBER_SCRIPT, signal)),
  };
}

async function start(
  host: Host,
  member: SshMember,
  initialCluster: string,
  signal: AbortSignal,
): Promise<void> {
  const { name, ip } = member;
  const kit = await member.kit();
  const facts = parseFacts(await ordered(host, 'looking at it', FACTS_SCRIPT, signal));
  const packages = facts.etcd === '' && facts.apt ? ['etcd-server'] : [];
  const towards = new URL(kit.etcd[0]!).hostname;
  const filesOf = (
    user: string,
    owner: { uid: number; gid: number },
    program: string,
    pair: KeyPairs,
  ) =>
    etcdFiles(
      { name, ip, initialCluster, token: `deis-${kit.name}`, state: 'existing', program, user },
      { ca: kit.authority.cert, identity: pair },
      owner,
    );
  const nobody = { uid: 0, gid: 0 };
  const blank = filesOf('root', nobody, '', { etcd: { cert: '', key: '' } });
  const link = `${SYSTEM}/multi-user.target.wants/etcd.service`;
  const paths = [...blank.map(({ path }) => path), link, ETCD_DATA];
  await ordered(host, 'notes', prepareScript(paths, packages, towards), signal);
  const after = parseFacts(await ordered(host, 'looking again', FACTS_SCRIPT, signal));
  const program = await ordered(host, 'its etcd', FIND_MEMBER_PROGRAM, signal);
  const identity = await issueIdentity(kit.authority, { name, ip }, new Date());
  const user = after.etcdUser ? 'etcd' : 'root';
  const files = filesOf(user, after.etcdUser ?? nobody, program.trim(), identity);
  await ordered(host, 'files', filesScript(), signal, await packFiles(files));
  await ordered(host, 'the store', startMemberScript(user), signal);
}

type KeyPairs = Parameters<typeof etcdFiles>[1]['identity'];

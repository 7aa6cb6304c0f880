// One etcd server: its connection, thrown away and made anew when it seems stuck, and what we know of its health.

import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { noop } from 'cockatiel';
import { Etcd3, type IOptions, type IWatchResponse } from 'etcd3';

export interface EtcdTls {
  /** PEM texts. */
  ca: string;
  cert: string;
  key: string;
  /**
   * The name that the servers' certificates must carry; by default `localhost` for addresses, else the endpoint's host.
   * (TLS knows no addresses as server names, and Node complains on stderr about each attempt.)
   */
  serverName?: string;
  /** Tells when the texts have changed: connections are then made anew. */
  onRenewal?(listener: () => void): void;
}

/** A stream of watch requests and responses. */
export interface WatchStream extends Duplex {
  cancel(): void;
  on(event: 'data', listener: (response: IWatchResponse) => void): this;
  on(event: string, listener: (...args: never[]) => void): this;
}

/** A member that missed a call is asked last for so long, ms; twice as long after each further miss. */
const SICK_MS = 2500;
const LONGEST_SICK_MS = 60_000;
const SAME_MISS_MS = 1000;
/** A connection that has not answered for so long is made anew, but not more often, ms. */
const STUCK_MS = 2500;
/** What is under way over a connection that was left for a new certificate may end, ms: longer than a call is patient. */
const LINGER_MS = 5000;

/** A client of one server, without the retries and breakers of the library: they are ours (see etcd-members.ts). */
export class Client extends Etcd3 {
  /**
   * The server ends the stream itself when it has no leader, so that a member that was cut off from the others
   * does not look like a quiet one.
   */
  openWatch(): Promise<WatchStream> {
    return this.pool.withConnection('Watch', ({ client, metadata }) => {
      metadata.set('hasleader', 'true');
      return (client as unknown as { watch(with_: typeof metadata): WatchStream }).watch(metadata);
    });
  }
}

export class EtcdMember {
  readonly endpoint: string;
  readonly #tls: EtcdTls | undefined;
  #client: Client;
  #clients = 0;
  readonly #left = new Map<Client, NodeJS.Timeout>();
  #misses = 0;
  #missed = 0;
  #answered = 0;
  #renewed = 0;

  constructor(endpoint: string, tls: EtcdTls | undefined) {
    this.endpoint = endpoint;
    this.#tls = tls;
    this.#client = this.#connect();
  }

  get client(): Client {
    return this.#client;
  }

  /** When it last said anything over the present connection. */
  get lastAnswer(): number {
    return this.#answered;
  }

  /** Since when, if it is; monotonic ms, here and below. */
  sickSince(now: number): number | undefined {
    if (this.#misses === 0) return undefined;
    const rest = Math.min(SICK_MS * 2 ** (this.#misses - 1), LONGEST_SICK_MS);
    return now - this.#missed < rest ? this.#missed : undefined;
  }

  answered(now: number): void {
    this.#misses = 0;
    this.#answered = now;
  }

  /**
   * No good answer in time. A TCP connection through a cut network, or one being opened into it, can stay stuck long
   * after the network is back: it is given up for a new one.
   */
  missed(now: number): void {
    // Many calls at once miss as one.
    if (this.#misses === 0 || now - this.#missed > SAME_MISS_MS) this.#misses += 1;
    this.#missed = now;
    if (now - Math.max(this.#answered, this.#renewed) < STUCK_MS) return;
    this.#renewed = now;
    this.#client.close();
    this.#client = this.#connect();
  }

  /** The certificate is a new one: everything from now on goes over a connection that shows it. */
  renew(): void {
    const old = this.#client;
    this.#client = this.#connect();
    const end = (): void => {
      this.#left.delete(old);
      old.close();
    };
    this.#left.set(old, setTimeout(end, LINGER_MS));
  }

  #connect(): Client {
    this.#clients += 1;
    return new Client(optionsFor(this.endpoint, this.#tls, this.#clients));
  }

  close(): void {
    for (const [old, timer] of this.#left) {
      clearTimeout(timer);
      old.close();
    }
    this.#client.close();
  }
}

/** The settings that were found to matter are explained where they stand; each was seen to bite. */
function optionsFor(endpoint: string, tls: EtcdTls | undefined, generation: number): IOptions {
  const { hostname } = new URL(endpoint);
  const address = isIP(hostname.replace(/^\[|\]$/g, '')) > 0;
  const serverName = tls?.serverName ?? (address ? 'localhost' : undefined);
  return {
    hosts: endpoint,
    ...(tls
      ? {
          credentials: {
            rootCertificate: Buffer.from(tls.ca),
            privateKey: Buffer.from(tls.key),
            certChain: Buffer.from(tls.cert),
          },
        }
      : {}),
    // The library's breaker opens for 5 s after three failures and then refuses even healthy calls.
    faultHandling: { host: () => noop, global: noop },
    grpcOptions: {
      // Channels with equal settings share their connection, also one that is stuck: a new one must differ.
      'grpc.primary_user_agent': `deis/${generation}`,
      // Above the default of 4 MiB an answer is an error.
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      // A frozen server sends no FIN. Below 5 s etcd answers "too many pings" and hangs up.
      'grpc.keepalive_time_ms': 5500,
      'grpc.keepalive_timeout_ms': 1500,
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
      ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName }),
    },
  };
}

// A container as a unit wants it: everything the waiter needs to make one, before it becomes an Engine request.

export interface PortMapping {
  /** Address of the host to listen on; empty: all. */
  hostIp: string;
  host: number;
  container: number;
}

export interface VolumeMount {
  /** Absolute path on the host. */
  source: string;
  /** Absolute path in the container. */
  target: string;
  readOnly: boolean;
}

export interface ContainerSpec {
  /** Full name of the unit whose container this is: `app_v3.web.1.service`. */
  unit: string;
  /** Name in the Engine: `app_v3.web.1`. */
  name: string;
  /** Exact reference, by digest or with a tag: never a bare name. */
  image: string;
  /** Arguments; null: the image's own. */
  command: string[] | null;
  /** Absent: the image's own. */
  entrypoint?: string[];
  /** Values are data: any bytes, any length. */
  environment: Record<string, string>;
  /** Who it belongs to, told to the journal as DEIS_APP, DEIS_PROCESS, DEIS_RELEASE. Empty for platform units. */
  app: string;
  /** `web.1` */
  process: string;
  release: number;
  network: 'bridge' | 'host';
  ports: PortMapping[];
  volumes: VolumeMount[];
  /** Linux capabilities beyond the Engine's default: `NET_ADMIN`. */
  capabilities: string[];
  /** Bytes; absent: no limit. */
  memory?: number;
  /** Docker cpu shares, 2..1024; absent: no limit. */
  cpuShares?: number;
  /** Seconds between the stop signal and SIGKILL. */
  stopTimeout: number;
}

/** Labels on every container of the platform; law 8: what does not carry `managed` is not ours. */
export const LABELS = {
  managed: 'deis.managed',
  app: 'deis.app',
  process: 'deis.process',
  release: 'deis.release',
  unit: 'deis.unit',
  digest: 'deis.digest',
} as const;

// What a machine knows of itself without asking the cluster.

export interface MachineFacts {
  /** /etc/machine-id: 32 hex digits. */
  id: string;
  /** New at every boot. */
  bootId: string;
  name: string;
  ip: string;
  /** Name of the cluster it was joined to. */
  cluster: string;
  /** fleet metadata. */
  metadata: Record<string, string>;
  /** Bytes and number of cpus. */
  capacity: { memory: number; cpus: number };
  /** Public keys of its sshd, `type base64`; none where no sshd was ever started. */
  hostKeys: string[];
  /** Endpoints of the store: `https://10.77.0.11:2379`. */
  etcd: string[];
}

// SSH as the builder needs it: people are known by their key, and ask for one command at a time.

/** A public key as it came over the wire. */
export interface OfferedKey {
  /** `ssh-ed25519`, `ssh-rsa`, … */
  algorithm: string;
  /** The decoded second word of the key's line in OpenSSH's format. */
  blob: Buffer;
}

/** Somebody who proved to hold the key, asking for a command. */
export interface SshCommand {
  user: string;
  key: OfferedKey;
  command: string;
  /** What the client set beforehand. */
  environment: Record<string, string>;
  /** `<their address> <their port> <our address> <our port>`, as SSH_CONNECTION of sshd(8). */
  connection: string;
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  errors: NodeJS.WritableStream;
  /** Aborts when the client went away. */
  gone: AbortSignal;
}

export interface SshServerNeeds {
  /** Private keys in OpenSSH's format. */
  hostKeys: string[];
  listen: { host: string; port: number };
  /** Whose key it is; undefined: nobody's. May throw: the connection is then ended, and may be tried again. */
  login(key: OfferedKey, signal: AbortSignal): Promise<string | undefined>;
  /** Answers the exit status. Never rejects. */
  serve(command: SshCommand): Promise<number>;
}

/**
 * Accepts connections until `accepting` aborts; resolves when the last one has ended. When the last signal aborts, what still
 * runs is cut off. Rejects when the port cannot be had.
 */
export type RunSshServer = (
  needs: SshServerNeeds,
  accepting: AbortSignal,
  signal: AbortSignal,
) => Promise<void>;

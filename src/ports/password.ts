// Passwords as text that can be checked but not read back.

export interface Passwords {
  /** A self-describing, salted, memory-hard hash. */
  hash(password: string): Promise<string>;
  /** False for a wrong password, and for a hash this implementation does not know. */
  matches(password: string, hash: string): Promise<boolean>;
}

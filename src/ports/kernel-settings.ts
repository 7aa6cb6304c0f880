// Numbers that the kernel of this machine goes by, as sysctl(8) names them.

export interface KernelSettings {
  /** Undefined while the kernel knows no such number: its part is not loaded. */
  read(name: string): Promise<number | undefined>;
  /** Holds until the machine boots. Throws DeisError('refused') where the kernel does not let us. */
  write(name: string, value: number): Promise<void>;
}

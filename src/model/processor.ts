// The kinds of processor that machines have, by each of the names that others know them by. Pure.

/** As Node.js and npm say it. */
export type Processor = 'x64' | 'arm64';

export interface ProcessorNames {
  /** As Debian says it, and container images. */
  debian: 'amd64' | 'arm64';
  /** As uname(1) says it, QEMU, and compilers in their prefix. */
  kernel: 'x86_64' | 'aarch64';
  /** `e_machine` of its programs (elf(5)). */
  elf: number;
}

/** To add one: a row, and its Node among the packages. */
export const PROCESSORS: Readonly<Record<Processor, ProcessorNames>> = {
  x64: { debian: 'amd64', kernel: 'x86_64', elf: 62 },
  arm64: { debian: 'arm64', kernel: 'aarch64', elf: 183 },
};

/** By any of its names. */
export function processorNamed(name: string): Processor | undefined {
  const found = Object.entries(PROCESSORS).find(
    ([own, { debian, kernel }]) => name === own || name === debian || name === kernel,
  );
  return found?.[0] as Processor | undefined;
}

/** Bytes of a file's beginning that `elfMachine` wants. */
export const ELF_HEAD = 20;

/** `e_machine` of a program, a library or an object file; undefined for any other file. */
export function elfMachine(head: Buffer): number | undefined {
  if (head.length < ELF_HEAD || head.readUInt32BE(0) !== 0x7f_45_4c_46) return undefined;
  return head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
}

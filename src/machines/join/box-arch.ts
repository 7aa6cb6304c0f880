// What uname(1) calls the kind of processor that the runtime of this checkout is for.

export const BOX_ARCH = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

// Which files to take away: too old, too much of one app, too much in all. Pure.

export interface KeptFile {
  /** Bytes. */
  size: number;
  /** ms since the epoch. */
  written: number;
}

export interface Limits {
  /** Bytes of one app, ms, bytes of all apps. */
  keepSize: number;
  keepAge: number;
  keepTotal: number;
}

/** A file of an app is closed when it has this much: small enough to take away in steps, bytes. */
export function fileSize({ keepSize }: Pick<Limits, 'keepSize'>): number {
  return Math.min(Math.max(64 * 1024, Math.floor(keepSize / 8)), 8 * 1024 * 1024);
}

/** How many of each app's oldest files to take away. What is too much in all is taken from whoever has most. */
export function filesToDrop(
  apps: ReadonlyMap<string, readonly KeptFile[]>,
  limits: Limits,
  now: number,
): Map<string, number> {
  const drops = new Map<string, number>();
  const sizes = new Map<string, number>();
  let total = 0;
  const drop = (app: string, files: readonly KeptFile[]): void => {
    const index = drops.get(app) ?? 0;
    const { size } = files[index]!;
    drops.set(app, index + 1);
    sizes.set(app, sizes.get(app)! - size);
    total -= size;
  };
  for (const [app, files] of apps) {
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    sizes.set(app, bytes);
    total += bytes;
    for (const [index, { written }] of files.entries()) {
      const last = index === files.length - 1;
      const tooOld = now - written > limits.keepAge;
      const tooMuch = !last && sizes.get(app)! > limits.keepSize;
      if (!tooOld && !tooMuch) break;
      drop(app, files);
    }
  }
  while (total > limits.keepTotal) {
    const [app] = [...sizes].toSorted((a, b) => b[1] - a[1])[0] ?? [];
    const files = app === undefined ? undefined : apps.get(app);
    if (app === undefined || !files || (drops.get(app) ?? 0) >= files.length) break;
    drop(app, files);
  }
  return drops;
}

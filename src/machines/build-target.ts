// For which processor images and /opt/deis are made, and from what: this computer's own, or another one (release/foreign.ts).

import { join } from 'node:path';
import type { Processor } from '../model/processor.ts';
import { statePaths } from './checkout.ts';

export interface BuildTarget {
  processor: Processor;
  /** The pinned Node runtime for it. */
  node: string;
  /** The native add-on that writes journal entries; deisd copes where the file does not exist. */
  journal: string;
  /** Where layers and archives of images are kept between builds. */
  cache: string;
}

/** The processor of the runtime that runs this. */
export const OWN_PROCESSOR: Processor = process.arch === 'arm64' ? 'arm64' : 'x64';

/** Folder of the built images, layers and archives of this checkout. */
export function imageCache(root: string): string {
  return join(statePaths(root).cache, 'images');
}

export function ownTarget(root: string): BuildTarget {
  const modules = join(root, 'node_modules');
  return {
    processor: OWN_PROCESSOR,
    node: join(modules, `node-linux-${OWN_PROCESSOR}`, 'bin/node'),
    journal: join(modules, 'systemd-journald/build/Release/journal_send.node'),
    cache: imageCache(root),
  };
}

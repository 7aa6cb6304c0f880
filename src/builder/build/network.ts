// The network of builds: its bridge has a name that the machines' packet rules know, and its containers never meet each other.

import type { ImageBuilder } from '../../ports/image-builder.ts';

export const BUILD_NETWORK = 'deis-build';
/** Also in the rules of agent/isolation: a bridge whose name begins so carries builds. */
const BRIDGE = 'deis-build';

export function ensureBuildNetwork(engine: ImageBuilder, signal: AbortSignal): Promise<void> {
  return engine.ensureNetwork(BUILD_NETWORK, BRIDGE, { 'deis.managed': 'true' }, signal);
}

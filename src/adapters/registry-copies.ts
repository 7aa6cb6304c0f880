// Copies between replicas over the Docker Registry HTTP API, marked as such: a replica hands pushes on, copies never.

import type { ImageCopies } from '../ports/image-copies.ts';
import { copyImage } from './registry-copy.ts';
import { COPY_HEADER, RegistryReplica } from './registry-replica.ts';
import type { AskerTls } from './tls-beside-plain.ts';

/** `tls`: what we show other replicas; left out in tests. */
export function registryCopies(tls?: AskerTls): ImageCopies {
  const at = (address: string): RegistryReplica =>
    new RegistryReplica(address, { [COPY_HEADER]: '1' }, tls);
  return {
    holds: (address, { repository, digest }, signal) =>
      at(address).hasManifest(repository, digest, signal),

    async copy({ repository, digest, tag }, from, to, signal) {
      const manifest = await at(from).manifest(repository, digest, signal);
      if (!manifest) return false;
      const image = { name: repository, manifest, ...(tag !== undefined && { tag }) };
      await copyImage(image, at(from), at(to), signal);
      return true;
    },

    async copyBlob({ repository, digest }, from, to, signal) {
      if (await at(to).hasBlob(repository, digest, signal)) return;
      const open = () => at(from).readBlob(repository, digest, signal);
      await at(to).writeBlob(repository, digest, open, signal);
    },

    remove: (address, { repository, digest }, signal) =>
      at(address).removeManifest(repository, digest, signal),
  };
}

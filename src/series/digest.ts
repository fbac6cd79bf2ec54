import { createHash } from 'node:crypto';

/** A SHA-256 in the making. */
export interface Digest {
  add(bytes: Uint8Array): void;
  /** 64 lower-case hexadecimal digits; ends the digest. */
  hex(): string;
}

/** The one place of this folder that knows how bytes are digested. */
export function startDigest(): Digest {
  const hash = createHash('sha256');
  return {
    add(bytes) {
      hash.update(bytes);
    },
    hex() {
      return hash.digest('hex');
    },
  };
}

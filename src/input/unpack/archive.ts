export type PackingKind = 'gzip' | 'zstd' | 'xz' | 'bzip2';

/** How an input is packed, and what its reader found to be odd. */
export interface Archive {
  readonly kind: PackingKind;
  /** Who unpacks: a library, Node itself, or a program of the system. */
  readonly by: string;
  /** The archive stops inside its last frame; what stands before was read. Known at the end. */
  endsEarly: boolean;
  /** Something that is no archive follows the archive. Known at the end. */
  trailingGarbage: boolean;
}

export function archiveOf(kind: PackingKind, by: string): Archive {
  return { kind, by, endsEarly: false, trailingGarbage: false };
}

/** The archive cannot be unpacked; the reader of the file says which file it is. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

export function endsEarly(kind: PackingKind, bytesRead: number): ArchiveError {
  return new ArchiveError(`${kind} data ends early after ${bytesRead} bytes`);
}

export function damaged(
  kind: PackingKind,
  bytesRead: number | undefined,
  cause: string,
): ArchiveError {
  const where = bytesRead === undefined ? '' : ` after ${bytesRead} bytes`;
  return new ArchiveError(`${kind} data is damaged${where}: ${cause}`);
}

/** What hashes large files. It gets an open file and knows nothing of paths, identities or what is cached. */
import type { Fd } from './disk.ts'

/** `bytesDone` of `bytesTotal` are read; called often, and cheap to call. */
export type OnProgress = (bytesDone: number, bytesTotal: number) => void

export interface BlockHasher {
  /**
   * Reads `size` bytes and hashes each block.
   * @returns the block digests, 32 bytes a block, one behind the other; null when the file ended before `size`.
   * Nothing reads from `file` any more once the promise has settled.
   * @throws DiskError when the disk refuses.
   */
  hash(file: Fd, size: number, onProgress: OnProgress): Promise<Buffer | null>
  /** What is still being hashed is rejected. */
  close(): Promise<void>
}

/**
 * Where the bytes of a change come from. A change may have to be sent more than once, so a source is begun anew for each
 * attempt; a source that has let go of its beginning says so, and nothing is sent in its place.
 */
import { ConcurError } from '../../protocol/errors.ts'

export interface ByteSource {
  /**
   * Begins to read from the first byte.
   * @returns null when what was read before is not there any more. @throws whatever hinders the reading.
   */
  begin(): Promise<Pass | null>
}

/** The bytes once, from the first to the last. */
export interface Pass {
  /** Bytes in all; null where only the end will tell. */
  readonly size: number | null
  /** Two passes with the same identity bring the same bytes, as far as that can be told beforehand. */
  readonly identity: string
  /** Fills `into`; what does not fill it is the last. */
  read(into: Buffer): Promise<number>
  /** The end was reached. @throws SourceMoved when what was read is no one content. */
  assertUnmoved(): void
  close(): void
}

/** The content changed while it was read. */
export class SourceMoved extends ConcurError {
  constructor(message: string) {
    super('CHANGED', message)
  }
}

/** Bytes that are all in memory. */
export class BytesSource implements ByteSource {
  private readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  async begin(): Promise<Pass> {
    return passOver(this.bytes)
  }
}

/** @returns a pass over bytes that stay as they are. */
export function passOver(bytes: Buffer): Pass {
  let at = 0
  return {
    size: bytes.length,
    identity: 'held',
    async read(into) {
      const count = bytes.copy(into, 0, at)
      at += count
      return count
    },
    assertUnmoved() {},
    close() {},
  }
}

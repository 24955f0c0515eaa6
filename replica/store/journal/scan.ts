/**
 * Reading a segment from its start: which of its bytes are records that follow from the one before, and, where they
 * stop, whether others stand behind. Pure: bytes in, places out.
 */
import { checkEntry, entryAt } from './entry-codec.ts'
import { entriesStart } from './segment-header.ts'

/** The record up to which the journal is known to be whole. */
export interface ChainEnd {
  readonly seq: number
  /** 32 bytes. */
  readonly hash: Buffer
}

export interface Scanned {
  readonly chain: ChainEnd
  /** Where the last good entry ends. */
  readonly end: number
  /** Whether all behind `end` is zeros. */
  readonly isClean: boolean
}

export interface ScanOptions {
  readonly bytes: Buffer
  readonly salt: number
  readonly chain: ChainEnd
  /** The last record that is wanted. */
  readonly seqMax: number
  /** Called for each good entry, in order. */
  readonly onEntry: (size: number) => void
}

/** Reads the entries of a segment as far as each is whole and follows from the one before. */
export function scanSegment({ bytes, salt, chain, seqMax, onEntry }: ScanOptions): Scanned {
  const hash = Buffer.from(chain.hash)
  let seq = chain.seq
  let end = entriesStart
  while (seq < seqMax) {
    const size = checkEntry(bytes, end, { at: end, salt })
    if (size === 0 || entryAt.seq(bytes, end) !== seq + 1 || !entryAt.follows(bytes, end, hash)) break
    entryAt.copyHash(bytes, end, hash)
    seq++
    onEntry(size)
    end += size
  }
  return { chain: { seq, hash }, end, isClean: isZero(bytes, end) }
}

/** What stands behind the place where a journal stops. */
export interface Behind {
  /** Whole entries. */
  readonly entries: number
  /** The last seq that they know to have been on the disk; 0: they know of none. */
  readonly durableSeq: number
  /** Where the last of them ends, or what else is not zero. */
  readonly end: number
}

/** Looks for whole entries anywhere behind `from`, whatever is between them. `salt` 0: it is not known. */
export function lookBehind(bytes: Buffer, from: number, salt: number): Behind {
  const marker = Buffer.alloc(4)
  marker.writeUInt32BE(salt)
  let entries = 0
  let durableSeq = 0
  let end = from
  let at = salt === 0 ? -1 : bytes.indexOf(marker, from)
  while (at !== -1) {
    const size = at % 8 === 0 ? checkEntry(bytes, at, { at, salt }) : 0
    if (size > 0) {
      entries++
      durableSeq = Math.max(durableSeq, entryAt.durableSeq(bytes, at))
      end = at + size
    }
    at = bytes.indexOf(marker, at + Math.max(size, 1))
  }
  return { entries, durableSeq, end: endOfContent(bytes, end) }
}

const zeros = Buffer.alloc(64 * 1024)

function isZero(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; at += zeros.length) {
    const length = Math.min(zeros.length, bytes.length - at)
    if (zeros.compare(bytes, at, at + length, 0, length) !== 0) return false
  }
  return true
}

function endOfContent(bytes: Buffer, from: number): number {
  let end = bytes.length
  while (end > from && bytes[end - 1] === 0) end--
  return Math.max(end, from)
}

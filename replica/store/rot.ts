/**
 * Bit rot: bytes that changed while nothing did that the kernel records. A reading finds it where it meets the identity of
 * a digest that was trusted, and another content. From then on the digest that was right is remembered beside the one
 * that the bytes have, however often they are read, until the file changes in earnest or its bytes are right again.
 * Pure. Clause: README.md "What is rotten".
 */
import type { Digest } from '../../protocol/digest.ts'
import type { DigestRecord } from './digest-index.ts'
import { isTrusted, sameIdentity } from './identity.ts'

/**
 * @param before what was remembered of the path; null: nothing.
 * @param reading what was read now, as if nothing had been known.
 * @returns what is to be remembered.
 */
export function afterReading(before: DigestRecord | null, reading: DigestRecord): DigestRecord {
  const right =
    before !== null && sameIdentity(before.identity, reading.identity) ? rightDigestOf(before) : null
  if (right === null) return reading
  return reading.digest === right ? { ...reading, own: true } : { ...reading, rottenFrom: right }
}

/** @returns the digest that the file has as long as its identity stands and its bytes are sound; null: nobody can say. */
export function rightDigestOf(record: DigestRecord): Digest | null {
  return record.rottenFrom ?? (isTrusted(record) ? record.digest : null)
}

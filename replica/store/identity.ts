/**
 * When a digest may be believed without reading the file again. A file's identity moves with every change that the
 * kernel records; a change through a memory map is recorded late, at writeback, and two changes in one tick of the
 * kernel's clock look like one. So a digest counts as trusted only when its reading began well after the file last
 * changed, both by the file system's own clock. Until then it is provisional.
 * A file that we made ourselves needs no reading: its mtime is the operation's, in whole milliseconds, so that any
 * change from the moment on in which it came into place moves the identity, even within one tick.
 * Clause: README.md "What is trusted".
 */
import type { Digest } from '../../protocol/digest.ts'
import type { DigestRecord } from './digest-index.ts'
import type { Identity } from './disk.ts'

/** Longer than dirty pages wait for writeback, and far longer than any tick. */
const settledAfterNs = 60_000_000_000n

export function sameIdentity(a: Identity, b: Identity): boolean {
  return a.ctimeNs === b.ctimeNs && a.mtimeNs === b.mtimeNs && a.size === b.size && a.inode === b.inode
}

/** Whether the record's digest holds as long as its identity. */
export function isTrusted({
  own,
  identity,
  beganNs,
}: Pick<DigestRecord, 'own' | 'identity' | 'beganNs'>): boolean {
  return own || beganNs >= identity.ctimeNs + settledAfterNs
}

/** @returns the record's digest where it holds for a file with this identity, or null. */
export function digestIfTrusted(record: DigestRecord, identity: Identity): Digest | null {
  return sameIdentity(record.identity, identity) && isTrusted(record) ? record.digest : null
}

/** @returns a copy of the four values that later fills of a stat leave alone. */
export function identityOf({ inode, size, mtimeNs, ctimeNs }: Identity): Identity {
  return { inode, size, mtimeNs, ctimeNs }
}

/** @returns whole milliseconds since 1970. */
export function wholeMs(ns: bigint): number {
  return Number(ns / 1_000_000n)
}

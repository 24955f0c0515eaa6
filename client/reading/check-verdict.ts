/**
 * What a verdict must be before anything follows from it. A server that says otherwise has made a mistake, and its
 * connection ends. Clause: protocol/README.md "VERDICT".
 */

import type { Version } from '../../protocol/copies.ts'
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { fileBytesMax } from '../../protocol/limits.ts'
import type { Verdict } from '../../protocol/messages.ts'

/** @throws ConcurError BAD_FRAME. */
export function checkVerdict(verdict: Verdict): void {
  if ((verdict.verdict === 'ERROR') !== (verdict.error !== null)) throw wrong('an error and another verdict')
  if (
    verdict.verdict === 'SINGLE_FILE' &&
    (verdict.versions.length !== 1 || verdict.versions[0]!.type !== 'file')
  ) {
    throw wrong('SINGLE_FILE of no single file')
  }
  if (verdict.verdict === 'DIFFERENT_FILES' && verdict.versions.length === 0)
    throw wrong('DIFFERENT_FILES without a version')
  const holders = verdict.versions.flatMap(({ copies }) => copies.map(({ node }) => node))
  if (new Set(holders).size !== holders.length) throw wrong('one node with two versions')
  for (const version of verdict.versions) checkVersion(version)
}

function checkVersion({ type, digest, size, copies }: Version): void {
  if (copies.length === 0) throw wrong('a version that no node holds')
  if (type !== 'file') return
  if (digest === null) throw wrong('a file without a digest')
  if (size > fileBytesMax) throw wrong(`a file of ${size} bytes`)
}

/** @returns the digest of a version of type file. */
export function digestOfFile({ digest }: Version): Digest {
  if (digest === null) throw new Error('a file version without a digest passed the check')
  return digest
}

function wrong(what: string): ConcurError {
  return new ConcurError('BAD_FRAME', `the server's verdict makes no sense: ${what}`)
}

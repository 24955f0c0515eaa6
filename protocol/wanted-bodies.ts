/** Which bodies of a verdict a READ wants to have: pure functions of the two. Clause: README.md "READ". */
import type { Version } from './copies.ts'
import type { Read, Verdict } from './messages.ts'

/**
 * A read from one node needs that node's copy, whatever the others hold: also what it has left of a file that was deleted,
 * which nobody calls the file.
 */
export function verdictFrom(verdict: Verdict, { bodies, from }: Read): Verdict {
  if (bodies !== 'from' || from === null) return verdict
  if (verdict.error !== null) {
    if (versionFrom(verdict, from)?.type !== 'file') return verdict
    const versions = verdict.versions.map(version => ({ ...version, cause: 'behind' as const }))
    return { ...verdict, verdict: 'DIFFERENT_FILES', versions, error: null }
  }
  if (verdict.missing.includes(from))
    return { ...verdict, verdict: 'ERROR', error: { code: 'NOT_FOUND', message: `not on ${from}` } }
  const detail = verdict.details.find(({ node }) => node === from)
  if (detail !== undefined)
    return {
      ...verdict,
      verdict: 'ERROR',
      error: { code: 'UNREACHABLE', message: `${from} ${detail.reason}` },
    }
  const version = versionFrom(verdict, from)
  if (version?.type === 'file') return verdict
  const code = version?.type === 'folder' ? 'IS_DIRECTORY' : 'NOT_A_FILE'
  return { ...verdict, verdict: 'ERROR', error: { code, message: `no file on ${from}` } }
}

function versionFrom(verdict: Verdict, from: string): Version | undefined {
  return verdict.versions.find(({ copies }) => copies.some(({ node }) => node === from))
}

/** @returns the places in `versions` of what the client wants to have. */
export function wantedVersions({ verdict, versions }: Verdict, { bodies, from }: Read): number[] {
  if (verdict === 'ERROR' || bodies === 'none') return []
  if (bodies === 'agreed' && verdict !== 'SINGLE_FILE') return []
  const places: number[] = []
  versions.forEach(({ type, copies }, place) => {
    const isWanted = bodies !== 'from' || copies.some(({ node }) => node === from)
    if (type === 'file' && isWanted) places.push(place)
  })
  return places
}

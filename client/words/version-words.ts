/** What a person is told of one version: who holds it, what it is, why it differs. */

import type { Cause, Version } from '../../protocol/copies.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { Detail, Verdict } from '../../protocol/messages.ts'
import { printable } from './printable.ts'

const digestShownChars = 'b3:'.length + 4

const causeWords: Record<Cause, string> = {
  behind: 'behind',
  'edited-on-disk': 'edited on disk',
  'bit-rot': 'bit rot',
  forked: 'forked',
  'never-replicated': 'never replicated',
}

/** @returns `server1 = server2`. */
export function holdersText({ copies }: Pick<Version, 'copies'>): string {
  return copies.map(({ node }) => node).join(' = ')
}

/** @returns the beginning of a digest, for the eye. */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, digestShownChars)}…`
}

/** Whether no version is known to the journal: that is said once, for all of them. */
export function neverReplicated(verdict: Verdict): boolean {
  return verdict.versions.every(({ cause }) => cause === 'never-replicated')
}

/** @returns why this version differs, or ''. That it is a folder is said already; a note on being behind says all. */
export function causeText({ type, note, cause }: Pick<Version, 'type' | 'note' | 'cause'>): string {
  const said = type === 'folder' || note === null ? '' : printable(note)
  const words = cause === null || (cause === 'behind' && said !== '') ? '' : causeWords[cause]
  return [words, said].filter(text => text !== '').join(', ')
}

/** @returns in brackets, what is to be said of nodes that do not count: `(missing on server2)  (server3 is not …)`. */
export function absenceNotes({ missing, stale, unreachable, details }: Verdict): string[] {
  const notes: string[] = []
  if (missing.length > 0) notes.push(`(missing on ${missing.join(', ')})`)
  for (const node of stale) notes.push(`(${node} ${reasonOf(node, details, 'is behind')})`)
  for (const node of unreachable) notes.push(`(${node} ${reasonOf(node, details, 'did not answer')})`)
  return notes
}

/** @returns why a node does not count, as it reads on from the node's name. */
export function reasonOf(node: NodeName, details: readonly Detail[], otherwise: string): string {
  const detail = details.find(one => one.node === node)
  return detail === undefined || detail.reason === '' ? otherwise : printable(detail.reason)
}

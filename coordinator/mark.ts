/** The mark of a row in a listing: how the copies of one path compare. A pure function. */
import type { Mark, Row } from '../protocol/messages.ts'

type NodeCopy = Row['nodes'][number]['copy']

/** What a node holds at a path: a copy, nothing (null), or it could not be compared. */
export type Held = NodeCopy | 'not compared'

/** What a node holds at a path that leads through a link there, as a read says it. */
export const behindLink: Held = { type: 'other', digest: null, size: 0, mtimeMs: 0 }

/**
 * @param held one for every configured node, coordinator first; files that differ in nothing else have digests.
 * @param isBehind which of them are only behind: never the coordinator's. They do not count but for `~`.
 * `*` stands before `!`, `!` before `+` and `-`, these before `~`.
 */
export function markOf(held: readonly Held[], isBehind: readonly boolean[] = []): Mark {
  const counted = held.filter((_, place) => isBehind[place] !== true)
  const copies = counted.filter((one): one is NonNullable<NodeCopy> => one !== null && one !== 'not compared')
  if (copies.some(copy => differs(copy, copies[0]!))) return '*'
  const isOther = copies.some(({ type }) => type === 'other')
  if (isOther || counted.includes('not compared')) return '!'
  if (copies.length > 0 && counted[0] === null) return '-'
  if (copies.length > 0 && counted.includes(null)) return '+'
  return counted.length < held.length ? '~' : '='
}

function differs(a: NonNullable<NodeCopy>, b: NonNullable<NodeCopy>): boolean {
  return a.type !== b.type || (a.type === 'file' && (a.size !== b.size || a.digest !== b.digest))
}

/** Whether sizes and types leave it open that these copies are the same, so that their bytes must decide. */
export function needDigests(held: readonly Held[]): boolean {
  const copies = held.filter((one): one is NonNullable<NodeCopy> => one !== null && one !== 'not compared')
  if (copies.length < 2) return false
  const [first] = copies
  return copies.every(({ type, size }) => type === 'file' && size === first!.size)
}

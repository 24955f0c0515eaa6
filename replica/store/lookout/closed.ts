/** What the server may not use as it must, by owner, group and permission bits. Pure. */
import type { FilePath } from '../../../protocol/path.ts'
import type { Stat } from '../disk.ts'

/** Whom the server runs as. */
export interface Whom {
  readonly user: number
  readonly groups: readonly number[]
}

export interface Closed {
  readonly count: number
  readonly first: FilePath | null
}

const read = 4
const readWriteEnter = 7

/** Whether a file cannot be read, or in a folder nothing can be read, put and moved. */
export function isClosed({ kind, mode, owner, group }: Stat, whom: Whom): boolean {
  if (whom.user === 0 || (kind !== 'file' && kind !== 'folder')) return false
  const wanted = kind === 'file' ? read : readWriteEnter
  return (allowed({ mode, owner, group }, whom) & wanted) !== wanted
}

/** The system asks for the first of them that fits, and no other. */
function allowed({ mode, owner, group }: Pick<Stat, 'mode' | 'owner' | 'group'>, whom: Whom): number {
  if (owner === whom.user) return (mode >> 6) & 7
  if (whom.groups.includes(group)) return (mode >> 3) & 7
  return mode & 7
}

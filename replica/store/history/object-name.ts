/**
 * Names below `.concur/history`: `<top>/<path>`, where the top is the record that took the object away (with a number
 * behind it, where its name was taken), or a folder of a fork. Pure. Clause: ../README.md "What lies in ROOT/.concur".
 */
import { ConcurError } from '../../../protocol/errors.ts'
import { type FilePath, parsePath } from '../../../protocol/path.ts'

/** Where an object lies, and the path that it had in the tree. */
export interface ObjectName {
  readonly top: string
  readonly path: FilePath
}

const recordTop = /^(\d{16,})(\.\d+)?$/
/** What a fork took out of the tree, and what its records had not judged yet: the latter by its own name. */
const partsOfForks = ['tree', 'exchange']
const forkTop = /^fork-\d+-[0-9a-f]+$/

export function objectName({ top, path }: ObjectName): string {
  return `${top}/${path}`
}

/** @returns the record that a folder of history, or of a fork, is called after; null: none. */
export function seqOfTop(top: string): number | null {
  const found = recordTop.exec(top)
  const seq = found === null ? Number.NaN : Number(found[1])
  return Number.isSafeInteger(seq) ? seq : null
}

export function isForkTop(top: string): boolean {
  return forkTop.test(top)
}

/** @returns the top below which a name lies, and what is called so there; null for the server's own, and what has no path. */
export function placeOf(name: string): ObjectName | null {
  const parts = name.split('/')
  const depth = isForkTop(parts[0]!) ? 2 : 1
  const top = parts.slice(0, depth).join('/')
  const below = parts[depth - 1] ?? ''
  const isTop = seqOfTop(below) !== null || (depth === 2 && partsOfForks.includes(below))
  if (!isTop) return null
  try {
    return { top, path: parsePath(parts.slice(depth).join('/')) }
  } catch (error) {
    if (error instanceof ConcurError) return null
    throw error
  }
}

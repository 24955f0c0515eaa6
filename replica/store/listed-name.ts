/**
 * A name in a folder as it stands in the order of a listing. A name that a path can have is its bytes; any other is the
 * bytes of its escaped form, a zero byte, and its own bytes: so it sorts as it is shown, and is nobody else's name. Text
 * with one char code (0–255) a byte, as the disk gives names.
 */
import { isUtf8 } from 'node:buffer'
import { escapeName } from '../../protocol/escaped-name.ts'
import type { Brand } from '../../protocol/ids.ts'
import { childPath, type FolderPath, ownFolder, wholeTree } from '../../protocol/path.ts'

export type ListedName = Brand<string, 'ListedName'>

const plain = /^[\x20-\x7e]*$/

/** @returns null for the server's own folder, which is never listed. */
export function listedName(folder: FolderPath, name: string): ListedName | null {
  if (folder === wholeTree && name === ownFolder) return null
  const text = decoded(name)
  if (text !== null && childPath(folder, text) !== null) return name as ListedName
  const escaped = escapeName(Buffer.from(name, 'latin1'))
  return `${Buffer.from(escaped).toString('latin1')}\0${name}` as ListedName
}

/** @returns the name as a path has it, or null for one that no path has. */
export function pathName(listed: ListedName): string | null {
  return listed.includes('\0') ? null : decoded(listed)
}

/** @returns the bytes of a name that no path has. */
export function escapedNameOf(listed: ListedName): Buffer {
  return Buffer.from(listed.slice(listed.indexOf('\0') + 1), 'latin1')
}

/** @returns the text whose bytes these are; null when they are not UTF-8. */
export function decoded(name: string): string | null {
  if (plain.test(name)) return name
  const bytes = Buffer.from(name, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : null
}

/**
 * What a listing calls a thing on a disk: by its path, or, where its name is none that a path can have, by that name
 * escaped. An escaped path is for people: nothing can be asked of it, and no path is ever made of it.
 * Clause: README.md "Escaped names".
 */
import { type Codec, flag, text } from './codec.ts'
import { escapeName } from './escaped-name.ts'
import { path } from './fields.ts'
import type { Brand } from './ids.ts'
import { escapedBytesMax } from './limits.ts'
import { compareUtf8, type FilePath, type FolderPath } from './path.ts'

export type EscapedPath = Brand<string, 'EscapedPath'>

export type ListedPath =
  | { readonly escaped: false; readonly path: FilePath }
  | { readonly escaped: true; readonly path: EscapedPath }

const escapedText = text(escapedBytesMax)

export const listedPath: Codec<ListedPath> = {
  write(w, value) {
    flag.write(w, value.escaped)
    if (value.escaped) escapedText.write(w, value.path)
    else path.write(w, value.path)
  },
  read(r) {
    return flag.read(r)
      ? { escaped: true, path: escapedText.read(r) as EscapedPath }
      : { escaped: false, path: path.read(r) }
  },
}

/** @param name the bytes of a name in `folder`. */
export function escapedPath(folder: FolderPath, name: Uint8Array): EscapedPath {
  const escaped = escapeName(name)
  return (folder === '' ? escaped : `${folder}/${escaped}`) as EscapedPath
}

/** The order of every listing. What is escaped may read like a path: the path comes first then. */
export function compareListed(a: ListedPath, b: ListedPath): number {
  return compareUtf8(a.path, b.path) || Number(a.escaped) - Number(b.escaped)
}

export function isPath(listed: ListedPath, path: FolderPath): boolean {
  return !listed.escaped && listed.path === path
}

/** @returns how a thing is called, and nothing else of what is known of it. */
export function listedPathOf(listed: ListedPath): ListedPath {
  return listed.escaped ? { escaped: true, path: listed.path } : { escaped: false, path: listed.path }
}

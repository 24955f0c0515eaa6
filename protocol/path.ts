/**
 * Paths: parsed once, at the edge, into a type that no other function makes. What passes here names something
 * below the root and nothing else; whether it exists, and of what kind, the disk says.
 * Clause: README.md "Paths".
 */
import { ConcurError } from './errors.ts'
import type { Brand } from './ids.ts'
import { pathBytesMax, pathPartBytesMax } from './limits.ts'

/** A path relative to the root: parts of 1 to 255 bytes joined by `/`, at most 4,096 bytes, never empty. */
export type FilePath = Brand<string, 'FilePath'>
/** A folder to look into: a path, or '' for the whole tree. */
export type FolderPath = FilePath | WholeTree
export type WholeTree = Brand<'', 'WholeTree'>

export const wholeTree = '' as WholeTree

/** The folder below the root that belongs to the server. */
export const ownFolder = '.concur'

/** A path as typed: one trailing `/` says that a folder is meant. */
export interface TypedPath {
  readonly path: FilePath
  readonly meansFolder: boolean
}

/**
 * @param typed what a person or a peer wrote: text, or its bytes.
 * @throws ConcurError BAD_PATH, saying what is wrong with it.
 */
export function parseTypedPath(typed: string | Uint8Array): TypedPath {
  const text = typeof typed === 'string' ? typed : decodeUtf8(typed)
  const meansFolder = text.length > 1 && text.endsWith('/')
  const trimmed = meansFolder ? text.slice(0, -1) : text
  const fault = faultOf(trimmed)
  if (fault !== null) throw new ConcurError('BAD_PATH', `not a path: ${fault}`)
  return { path: trimmed as FilePath, meansFolder }
}

/**
 * @param text a path as it stands on the wire or on disk: no trailing `/`.
 * @throws ConcurError BAD_PATH.
 */
export function parsePath(text: string | Uint8Array): FilePath {
  const { path, meansFolder } = parseTypedPath(text)
  if (meansFolder) throw new ConcurError('BAD_PATH', 'not a path: an empty part')
  return path
}

/** As parseTypedPath, where nothing, `.` and `/` are the whole tree. */
export function parseFolderPath(typed: string): FolderPath {
  return typed === '' || typed === '.' || typed === '/' ? wholeTree : parseTypedPath(typed).path
}

/** @returns `name` inside `folder`, or null when the two make no path (an entry on disk that no path can name). */
export function childPath(folder: FolderPath, name: string): FilePath | null {
  if (name.includes('/')) return null
  const text = folder === '' ? name : `${folder}/${name}`
  return faultOf(text) === null ? (text as FilePath) : null
}

/** @returns what `path`, which lies below `from`, is once `from` is `to`; null when that makes no path. */
export function movedPath(path: FilePath, from: FilePath, to: FilePath): FilePath | null {
  const text = `${to}${path.slice(from.length)}`
  return faultOf(text) === null ? (text as FilePath) : null
}

/** Whether a path is `folder` itself, or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

/** The folders in which a path lies, the deepest first. */
export function* foldersAbove<Path extends string>(path: Path): Generator<Path> {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    yield path.slice(0, at) as Path
}

/** @returns the last part. */
export function lastPart(path: FilePath): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Orders by UTF-8 bytes: the order of every listing. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return codeUnitRank(x) - codeUnitRank(y)
  }
  return a.length - b.length
}

/** Surrogates (which stand for code points above U+FFFF) sort behind U+E000–U+FFFF in UTF-8, before them in UTF-16. */
function codeUnitRank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x10000 : unit
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ConcurError('BAD_PATH', 'not a path: it is not valid UTF-8')
  }
}

/** What most paths are: seen at a glance to be one. Parts of ASCII that begin with no dot, and not too long in all. */
const plainPath = /^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/

function faultOf(text: string): string | null {
  if (text.length <= pathPartBytesMax && plainPath.test(text)) return null
  if (text === '') return 'it is empty'
  if (text.startsWith('/')) return 'it begins with /'
  if (!text.isWellFormed()) return 'it is not valid UTF-8'
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'it has a control character'
  if (text.length * 3 > pathBytesMax && Buffer.byteLength(text) > pathBytesMax)
    return `it is longer than ${pathBytesMax} bytes`
  const parts = text.split('/')
  for (const part of parts) {
    if (part === '') return 'an empty part'
    if (part === '.' || part === '..') return `${part} as a part`
    if (part.length * 3 > pathPartBytesMax && Buffer.byteLength(part) > pathPartBytesMax)
      return `a part is longer than ${pathPartBytesMax} bytes`
  }
  if (parts[0]!.toLowerCase() === ownFolder) return `${ownFolder} is the server's own`
  return null
}

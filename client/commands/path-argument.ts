/** A PATH as it was typed. */
import { asConcurError, type ConcurError } from '../../protocol/errors.ts'
import { type FolderPath, parseTypedPath, type TypedPath, wholeTree } from '../../protocol/path.ts'

export type PathArgument = TypedPath & { readonly typed: string }

const wholeTreeNames = ['', '.', '/']

/** @returns the path, or the error BAD_PATH that it is. */
export function readPath(typed: string): PathArgument | ConcurError {
  try {
    return { ...parseTypedPath(typed), typed }
  } catch (error) {
    return asConcurError(error)
  }
}

/** As readPath, where nothing, `.` and `/` are the whole tree. */
export function readFolder(
  typed: string,
): { readonly path: FolderPath; readonly meansFolder: boolean } | ConcurError {
  return wholeTreeNames.includes(typed) ? { path: wholeTree, meansFolder: true } : readPath(typed)
}

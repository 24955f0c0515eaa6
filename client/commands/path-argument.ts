/** A PATH as it was typed. */
import { asConcurError, type ConcurError } from '../../protocol/errors.ts'
import { parseTypedPath, type TypedPath } from '../../protocol/path.ts'

export type PathArgument = TypedPath & { readonly typed: string }

/** @returns the path, or the error BAD_PATH that it is. */
export function readPath(typed: string): PathArgument | ConcurError {
  try {
    return { ...parseTypedPath(typed), typed }
  } catch (error) {
    return asConcurError(error)
  }
}

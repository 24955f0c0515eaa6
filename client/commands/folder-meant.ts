/** A path that was typed with a `/` at its end, where it is about what is there: a folder, or nothing. */
import { ConcurError } from '../../protocol/errors.ts'
import { isPath } from '../../protocol/listed-path.ts'
import type { Row } from '../../protocol/messages.ts'
import { type FolderPath, wholeTree } from '../../protocol/path.ts'
import { NoServerError } from '../connecting.ts'
import { notDirectory } from '../words/row-lines.ts'
import type { CommandContext } from './context.ts'

/** Ends a listing of which the first row says enough. */
class SeenEnough extends Error {}

/** @returns NOT_DIRECTORY where something else is there. What else goes wrong, the request itself will say. */
export async function refuseNoFolder(
  { client }: CommandContext,
  { path, meansFolder }: { readonly path: FolderPath; readonly meansFolder: boolean },
): Promise<ConcurError | null> {
  if (!meansFolder || path === wholeTree) return null
  const onRows = async ([row]: readonly Row[]): Promise<void> => {
    throw row !== undefined && isPath(row, path) && row.type !== 'folder'
      ? notDirectory(row)
      : new SeenEnough()
  }
  try {
    await client.list(path, { recursive: false, compare: false }, { onRows })
  } catch (error) {
    if (error instanceof NoServerError) throw error
    if (error instanceof ConcurError && error.code === 'NOT_DIRECTORY') return error
  }
  return null
}

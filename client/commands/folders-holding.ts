/** Folders that come with what is in them need no change of their own. */
import { type FilePath, foldersAbove } from '../../protocol/path.ts'

/** @returns every folder in which one of the paths lies. */
export function foldersHolding(paths: Iterable<FilePath>): ReadonlySet<FilePath> {
  const holding = new Set<FilePath>()
  for (const path of paths) for (const folder of foldersAbove(path)) holding.add(folder)
  return holding
}

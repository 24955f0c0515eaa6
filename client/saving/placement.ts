/** What `-o` says, or nothing: into which folder, as which file, or out of the program. */
import { statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { notSaved } from './local-error.ts'
import type { Place } from './target.ts'

export type Placement =
  | { readonly is: 'stdout' }
  /** Inside, under the last part of each path. */
  | ({ readonly is: 'folder' } & Place)
  /** As this very name, which may or may not exist. */
  | ({ readonly is: 'name' } & Place)

/** Names under which the system knows our standard output; what is written there must not be mixed with lines of ours. */
const stdoutNames = ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']

/** @param folder what relative names belong to. @throws ConcurError IO_ERROR. */
export function placementOf(output: string | null, folder: string): Placement {
  if (output === null) return { is: 'folder', path: folder, shown: '' }
  if (stdoutNames.includes(output)) return { is: 'stdout' }
  const path = isAbsolute(output) ? output : `${folder}/${output}`
  if (isFolder(path)) return { is: 'folder', path, shown: output.endsWith('/') ? output : `${output}/` }
  if (output.endsWith('/')) throw notSaved(output, 'there is no such folder')
  return { is: 'name', path, shown: output }
}

/** @returns where a file of this name goes. */
export function placeFor(placement: Exclude<Placement, { is: 'stdout' }>, name: string): Place {
  const { path, shown } = placement
  return placement.is === 'name' ? { path, shown } : { path: `${path}/${name}`, shown: `${shown}${name}` }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  } catch {
    return false
  }
}

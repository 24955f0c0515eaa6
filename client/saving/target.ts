/**
 * Where a file is to be saved: what lies there now decides how. A link is followed to what it points at, as cp and a
 * shell's > do.
 */
import { accessSync, constants, lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { localError, notSaved } from './local-error.ts'

/** Links that are followed one after the other, as the system does. */
const linksMax = 40

/** A name on this machine: the whole path, and how a person calls it. */
export interface Place {
  readonly path: string
  readonly shown: string
}

/** A regular file: one that is there and will be replaced, or a new one. */
export interface FileTarget extends Place {
  readonly is: 'file'
  readonly existing: Pick<Stats, 'mode' | 'uid' | 'gid'> | null
}

/** A device or a FIFO: written to, never replaced. */
export interface StreamTarget extends Place {
  readonly is: 'stream'
}

/** @throws ConcurError IO_ERROR when nothing can be saved there. */
export function findTarget({ path, shown }: Place): FileTarget | StreamTarget {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) return { is: 'file', path: followLinks(path), shown, existing: null }
    if (found.isFIFO() || found.isCharacterDevice() || found.isBlockDevice())
      return { is: 'stream', path, shown }
    return replaced({ path: followLinks(path), shown }, found)
  } catch (error) {
    throw localError(error, shown)
  }
}

/** As findTarget, where nothing but a regular file may lie: a link, device or FIFO is left alone. */
export function findPlainTarget({ path, shown }: Place): FileTarget {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false })
    return found === undefined
      ? { is: 'file', path, shown, existing: null }
      : replaced({ path, shown }, found)
  } catch (error) {
    throw localError(error, shown)
  }
}

function replaced({ path, shown }: Place, found: Stats): FileTarget {
  if (found.isDirectory()) throw notSaved(shown, 'a folder of that name is there')
  if (found.isSymbolicLink()) throw notSaved(shown, 'a link of that name is there')
  if (!found.isFile()) throw notSaved(shown, 'something that is no file is there')
  accessSync(path, constants.W_OK)
  return { is: 'file', path, shown, existing: found }
}

/** @returns the path that `path` leads to; its last part may not exist. @throws the system's error. */
function followLinks(path: string): string {
  let at = path
  for (let links = 0; links <= linksMax; links++) {
    const folder = realpathSync.native(dirname(at))
    const name = join(folder, basename(at))
    if (!lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink()) return name
    const link = readlinkSync(name)
    at = isAbsolute(link) ? link : `${folder}/${link}`
  }
  throw new Error('too many links')
}

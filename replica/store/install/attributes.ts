/**
 * What a file keeps when its content is replaced: mode, owner, group, access list and extended attributes. The
 * executable bit is the record's where it says one.
 */
import { type Disk, DiskError, type Fd, newStat } from '../disk.ts'

const newFileMode = 0o644
const executableBits = 0o111
const readBits = 0o444
/** A folder that gives its own group to what is made in it. */
const setGroupBit = 0o2000

/** @returns `mode`, executable for whoever may read, or for nobody; `executable` null leaves it. */
export function withExecutable(mode: number, executable: boolean | null): number {
  if (executable === null) return mode
  return executable ? mode | ((mode & readBits) >> 2) : mode & ~executableBits
}

/** Gives `to` what `from`, a place, has. @throws DiskError: EPERM where the owner is not ours to give. */
export function takeAttributes(disk: Disk, from: Fd, to: Fd, executable: boolean | null): void {
  const old = newStat()
  disk.stat(from, old)
  giveOwner(disk, to, old)
  for (const name of attributeNames(disk, from)) copyAttribute(disk, from, to, name)
  disk.setMode(to, withExecutable(old.mode, executable))
}

/** What a file has that is new in `folder`. */
export function giveNewAttributes(disk: Disk, folder: Fd, to: Fd, executable: boolean | null): void {
  const parent = newStat()
  disk.stat(folder, parent)
  if ((parent.mode & setGroupBit) !== 0) {
    const own = newStat()
    disk.stat(to, own)
    giveOwner(disk, to, { owner: own.owner, group: parent.group })
  }
  disk.setMode(to, withExecutable(newFileMode, executable))
}

/** The file has the content already: only what the record says beside it. Refusals do not matter. */
export function touch(disk: Disk, file: Fd, timeMs: number, executable: boolean | null): void {
  const stat = newStat()
  disk.stat(file, stat)
  try {
    if (executable !== null && stat.executable !== executable)
      disk.setMode(file, withExecutable(stat.mode, executable))
    disk.setModifiedAt(file, timeMs)
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
  }
}

function giveOwner(disk: Disk, to: Fd, wanted: { owner: number; group: number }): void {
  const own = newStat()
  disk.stat(to, own)
  if (own.owner !== wanted.owner || own.group !== wanted.group) disk.setOwner(to, wanted.owner, wanted.group)
}

/** A file system without attributes has none. */
function attributeNames(disk: Disk, file: Fd): string[] {
  try {
    return disk.attributeNames(file)
  } catch (error) {
    if (error instanceof DiskError && error.code === 'EOPNOTSUPP') return []
    throw error
  }
}

/** What only the system's administrator may set is the system's to set. */
function copyAttribute(disk: Disk, from: Fd, to: Fd, name: string): void {
  try {
    disk.setAttribute(to, name, disk.attribute(from, name))
  } catch (error) {
    const isGone = error instanceof DiskError && error.code === 'ENODATA'
    const isSystems = name.startsWith('security.') || name.startsWith('trusted.')
    const isRefused = error instanceof DiskError && ['EPERM', 'EOPNOTSUPP', 'EACCES'].includes(error.code)
    if (!isGone && !(isSystems && isRefused)) throw error
  }
}

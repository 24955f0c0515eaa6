/** The files that lie in history below some folders of it, each with the path that it had in the tree. */
import { isUtf8 } from 'node:buffer'
import type { Digest } from '../../../protocol/digest.ts'
import { type Fd, newStat } from '../disk.ts'
import type { Ground } from '../install/ground.ts'
import { digestOfFile, digestOfFirst } from '../install/looked-at.ts'
import { openOwnFile } from '../install/new-file.ts'
import type { Slices } from '../slices.ts'
import { sortedNames } from '../sorted-names.ts'

export interface KeptObject {
  /** Below history. */
  readonly name: string
  /** The path that it had in the tree. */
  readonly path: string
  readonly size: number
}

type Reading = Pick<Ground, 'disk' | 'hasher' | 'history'>

/** @returns the names in a folder below history that are text; none when it is not there. */
export async function namesIn(ground: Reading, name: string, slices: Slices): Promise<string[]> {
  let folder: Fd
  try {
    folder = ground.disk.openBeneath(ground.history.folder, name, 'folder')
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
  try {
    return await sortedNames(ground.disk, folder, slices, bytes => {
      const name = Buffer.from(bytes, 'latin1')
      return isUtf8(name) ? name.toString() : null
    })
  } finally {
    ground.disk.close(folder)
  }
}

/** `top`: a folder of history; what lies in it goes by its name below that. */
export async function* objectsIn(ground: Reading, top: string, slices: Slices): AsyncGenerator<KeptObject> {
  const ahead = ['']
  for (let below = ahead.pop(); below !== undefined; below = ahead.pop()) {
    for (const name of await namesIn(ground, `${top}${below}`, slices)) {
      const path = `${below}/${name}`
      const stat = newStat()
      const place = ground.disk.openBeneath(ground.history.folder, `${top}${path}`, 'place')
      ground.disk.stat(place, stat)
      ground.disk.close(place)
      if (stat.kind === 'folder') ahead.push(path)
      else if (stat.kind === 'file') yield { name: `${top}${path}`, path: path.slice(1), size: stat.size }
    }
    if (slices.isUsedUp) await slices.next()
  }
}

/** @returns the digest of the whole object, or of its first `size` bytes; null when it cannot be had. */
export async function digestOfObject(
  ground: Ground,
  name: string,
  size: number | null = null,
): Promise<Digest | null> {
  const file = openOwnFile(ground.disk, { folder: ground.history.folder, name })
  if (file === null) return null
  try {
    const hashed = await (size === null ? digestOfFile(ground, file) : digestOfFirst(ground, file, size))
    return hashed?.digest ?? null
  } finally {
    ground.disk.close(file)
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code === 'ENOENT' || code === 'ENOTDIR'
}

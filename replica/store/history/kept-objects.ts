/**
 * The objects in history as they lie there now. Each is held against what it was when it was filed before anything is said
 * of it: what a program has changed since, that still had it open, is read again and filed anew.
 */
import type { Digest } from '../../../protocol/digest.ts'
import { DiskError, type Fd, newStat, type Stat } from '../disk.ts'
import { identityOf, sameIdentity } from '../identity.ts'
import type { Ground } from '../install/ground.ts'
import { digestOfFirst } from '../install/looked-at.ts'
import { openOwnFile } from '../install/new-file.ts'
import type { FiledObject } from './catalog.ts'
import { type ObjectName, objectName } from './object-name.ts'

const triesMax = 3

/** What became of an object: nothing, or it was filed anew, or it is gone. */
export type Standing = 'as filed' | 'changed' | 'gone'

type HistoryGround = Pick<Ground, 'disk' | 'hasher' | 'history'>

export class KeptObjects {
  private readonly ground: HistoryGround
  private readonly stat = newStat()

  constructor(ground: HistoryGround) {
    this.ground = ground
  }

  /** How the object compares with what was filed. */
  standing(object: FiledObject): Standing {
    if (!this.isFile(object, this.stat)) return 'gone'
    return sameIdentity(object.identity, this.stat) ? 'as filed' : 'changed'
  }

  /** @returns what lies there, read where nobody has read it yet; null: nothing. */
  async examine(object: FiledObject): Promise<FiledObject | null> {
    const standing = this.standing(object)
    if (standing === 'as filed' && object.digest !== null) return object
    if (standing === 'gone') {
      this.ground.history.catalog.remove(object)
      return null
    }
    return this.fileAnew(object)
  }

  /** Reads the object and files what it is. @returns null when it is gone; without a digest where it cannot be read. */
  async fileAnew(name: ObjectName): Promise<FiledObject | null> {
    const stat = newStat()
    let digest: Digest | null = null
    for (let tries = 1; tries <= triesMax && digest === null; tries++) {
      if (!this.isFile(name, stat)) return null
      digest = await this.digestOf(name, stat)
    }
    const object: FiledObject = { top: name.top, path: name.path, digest, identity: identityOf(stat) }
    this.ground.history.catalog.put(object)
    return object
  }

  /** Opens it for reading; the caller closes it. @returns null when it is not there. @throws DiskError. */
  open(name: ObjectName): Fd | null {
    const { disk, history } = this.ground
    try {
      return openOwnFile(disk, { folder: history.folder, name: objectName(name) })
    } catch (error) {
      if (isNothing(error)) return null
      throw error
    }
  }

  /** @returns null when it cannot be read, or is not what it was before. */
  private async digestOf(name: ObjectName, before: Stat): Promise<Digest | null> {
    const { disk } = this.ground
    let file: Fd | null = null
    try {
      file = this.open(name)
      if (file === null) return null
      const hashed = await digestOfFirst(this.ground, file, before.size)
      const after = newStat()
      disk.stat(file, after)
      return sameIdentity(before, after) ? (hashed?.digest ?? null) : null
    } catch (error) {
      if (error instanceof DiskError) return null
      throw error
    } finally {
      if (file !== null) disk.close(file)
    }
  }

  /** Whether a file lies there; its stat is in `into`. */
  private isFile(name: ObjectName, into: Stat): boolean {
    const { disk, history } = this.ground
    try {
      const place = disk.openBeneath(history.folder, objectName(name), 'place')
      disk.stat(place, into)
      disk.close(place)
      return into.kind === 'file'
    } catch (error) {
      if (isNothing(error)) return false
      throw error
    }
  }
}

/** Also where a file stands in the place of one of its folders. */
function isNothing(error: unknown): boolean {
  return error instanceof DiskError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

/**
 * Gives out contents that lie in history, or are the beginning of what lies there, by path and digest: also such as no
 * record made. Each is held against its digest before it is given out; what is read of it may have changed by then, and
 * whoever receives it checks each block.
 */
import type { Digest } from '../../../protocol/digest.ts'
import { ConcurError } from '../../../protocol/errors.ts'
import type { FilePath } from '../../../protocol/path.ts'
import type { Bodies } from '../bodies.ts'
import { DiskError, newStat } from '../disk.ts'
import type { OpenBody } from '../file-body.ts'
import type { Ground } from '../install/ground.ts'
import { digestOfFirst } from '../install/looked-at.ts'
import type { FiledObject, HistoryCatalog } from './catalog.ts'
import type { KeptObjects } from './kept-objects.ts'
import type { ObjectName } from './object-name.ts'

export interface KeptContentsOptions {
  readonly ground: Pick<Ground, 'disk' | 'hasher'>
  readonly catalog: Pick<HistoryCatalog, 'of'>
  readonly objects: Pick<KeptObjects, 'open'>
  readonly bodies: Pick<Bodies, 'beginning'>
}

export interface WantedContent {
  readonly path: FilePath
  readonly digest: Digest
  /** Null: not known, and it is looked for as a whole. */
  readonly size: number | null
}

/** The caller closes it. @throws ConcurError NOT_FOUND, IO_ERROR. */
export async function openKept(options: KeptContentsOptions, wanted: WantedContent): Promise<OpenBody> {
  const { path, digest, size } = wanted
  const longer: FiledObject[] = []
  try {
    for (const piece of options.catalog.of(path)) {
      for (const object of piece) {
        if (size !== null && object.digest !== digest && object.identity.size >= size) longer.push(object)
        const body = object.digest === digest ? await bodyIn(options, object, wanted) : null
        if (body !== null) return body
      }
    }
    for (const object of longer) {
      const body = await bodyIn(options, object, wanted)
      if (body !== null) return body
    }
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    throw new ConcurError('IO_ERROR', `${path}: what it was cannot be read`, { cause: error })
  }
  throw new ConcurError('NOT_FOUND', `${path}: that content is not in history here`)
}

async function bodyIn(
  { ground, objects, bodies }: KeptContentsOptions,
  object: ObjectName,
  { path, digest, size: wanted }: WantedContent,
): Promise<OpenBody | null> {
  const file = objects.open(object)
  if (file === null) return null
  let body: OpenBody | null = null
  try {
    const identity = newStat()
    ground.disk.stat(file, identity)
    const size = wanted ?? identity.size
    const hashed = identity.size < size ? null : await digestOfFirst(ground, file, size)
    if (hashed?.digest !== digest) return null
    body = bodies.beginning({ path, file, identity, size, blockDigests: hashed.blockDigests })
    return body
  } finally {
    if (body === null) ground.disk.close(file)
  }
}

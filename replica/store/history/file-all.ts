/**
 * Finds objects that the catalog has not: from before there was one, of an index that was lost, of a folder that came to
 * history as a whole, of a fork. In slices; large ones are read when somebody asks for them.
 */
import { smallBytesMax } from '../digests.ts'
import { identityOf } from '../identity.ts'
import type { HistoryCatalog } from './catalog.ts'
import { namesIn, type WalkedHistory, walkHistory } from './history-walk.ts'
import type { KeptObjects } from './kept-objects.ts'
import { isForkTop, placeOf } from './object-name.ts'

export interface FilingOptions {
  readonly walked: WalkedHistory
  readonly catalog: HistoryCatalog
  readonly objects: Pick<KeptObjects, 'fileAnew'>
  /** Hears of each folder of a fork. */
  readonly onFork: (name: string) => void
  readonly isOver: () => boolean
}

/** @returns whether it came to its end. @throws DiskError. */
export async function fileAll(options: FilingOptions): Promise<boolean> {
  const { walked, catalog, objects, onFork, isOver } = options
  for (const top of await namesIn(walked, '.')) {
    if (isForkTop(top)) onFork(top)
    for await (const { name, stat } of walkHistory(walked, top)) {
      if (isOver()) return false
      const place = stat.kind === 'file' ? placeOf(name) : null
      if (place === null || catalog.get(place) !== null) continue
      if (stat.size <= smallBytesMax) await objects.fileAnew(place)
      else catalog.put({ ...place, digest: null, identity: identityOf(stat) })
    }
  }
  return true
}

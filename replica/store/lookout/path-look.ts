/**
 * Looks at one path: what lies there now against what the records made of it, both of one moment. A small file is read at
 * once where a stat leaves it open; a large one only when somebody has time.
 */
import type { FilePath } from '../../../protocol/path.ts'
import { type Digests, type Known, smallBytesMax } from '../digests.ts'
import { newStat } from '../disk.ts'
import type { PathIndex, PathState } from '../path-index.ts'
import type { Settler } from '../settler.ts'
import type { NoFile, Tree } from '../tree.ts'
import { type Deviation, deviationOf, type Found } from './deviation.ts'

export type Looked =
  /** A record is about to change it. */
  | { readonly is: 'unsettled' }
  /** No record ever named it. */
  | { readonly is: 'not ours' }
  | { readonly is: 'as journaled'; readonly state: PathState }
  | { readonly is: 'deviating'; readonly state: PathState; readonly deviation: Deviation }
  /** Only its bytes would tell. `wasRead`: they are known as they were before it changed last. */
  | { readonly is: 'unread'; readonly state: PathState; readonly size: number; readonly wasRead: boolean }

const notOurs: Looked = { is: 'not ours' }
const unsettled: Looked = { is: 'unsettled' }

export interface PathLookOptions {
  readonly tree: Tree
  readonly digests: Digests
  readonly paths: Pick<PathIndex, 'get'>
  readonly settler: Pick<Settler, 'isUnsettled'>
}

export class PathLook {
  private readonly options: PathLookOptions
  private readonly stat = newStat()

  constructor(options: PathLookOptions) {
    this.options = options
  }

  look(path: FilePath): Looked {
    const { settler, paths } = this.options
    if (settler.isUnsettled(path)) return unsettled
    const state = paths.get(path)
    if (state === null) return notOurs
    const found = this.find(path, state)
    const looked = lookedOf(state, found)
    return looked.is === 'unread' ? { ...looked, wasRead: this.options.digests.hasRead(path) } : looked
  }

  /** As `look`, after every byte was read. */
  async read(path: FilePath): Promise<Looked> {
    const { digests, settler, paths } = this.options
    const before = paths.get(path)
    const found = await digests.examine(path, { deep: false })
    const state = paths.get(path)
    if (settler.isUnsettled(path) || state?.seq !== before?.seq) return unsettled
    return state === null ? notOurs : lookedOf(state, foundOf(found))
  }

  private find(path: FilePath, state: PathState): Found {
    const { tree, digests } = this.options
    const { stat } = this
    const place = tree.openPlace(path, stat)
    if (typeof place !== 'number') return place
    tree.disk.close(place)
    const { size } = stat
    const digest = digests.remembered(path, stat)?.digest ?? null
    const found: Found = { is: 'file', size, digest }
    if (digest !== null || size > smallBytesMax || deviationOf(state, found) !== 'unknown') return found
    const read = digests.examine(path, { deep: false })
    return read instanceof Promise ? found : foundOf(read)
  }
}

function lookedOf(state: PathState, found: Found): Looked {
  const deviation = deviationOf(state, found)
  if (deviation === null) return { is: 'as journaled', state }
  if (deviation !== 'unknown') return { is: 'deviating', state, deviation }
  return { is: 'unread', state, size: found.is === 'file' ? found.size : 0, wasRead: false }
}

function foundOf(found: Known | NoFile): Found {
  return 'copy' in found ? found.copy : found
}

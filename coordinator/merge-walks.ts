/**
 * The trees of all nodes, walked side by side: for every path that any of them holds, what each holds. Ordered by
 * UTF-8 bytes; keeps one page of each node at a time. A node that fails is left out from there on and named.
 */
import { asConcurError, ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import { compareListed, isPath, type ListedPath, listedPathOf } from '../protocol/listed-path.ts'
import type { Detail, Entry } from '../protocol/messages.ts'
import type { FilePath, FolderPath } from '../protocol/path.ts'
import type { Held } from './mark.ts'
import type { Node } from './node.ts'

export type MergedEntry = ListedPath & {
  /** One for every node, in their order. */
  readonly held: Held[]
}

type Walk =
  | { is: 'walking'; pages: AsyncIterator<readonly Entry[]>; page: readonly Entry[]; at: number }
  | { is: 'ended' }
  | { is: 'nothing-there'; why: 'not on' | 'behind a link on' }
  | { is: 'failed'; reason: string }

export interface MergedWalkOptions {
  readonly nodes: readonly Node[]
  readonly folder: FolderPath
  readonly recursive: boolean
  /** Only what falls into these; null: all. */
  readonly buckets?: ReadonlySet<number> | null
  /** Nodes that are not asked, and why: they failed before. */
  readonly failed?: ReadonlyMap<NodeName, string>
  /** The folder itself comes first where some node lacks it. */
  readonly withFolder?: boolean
  /** What a node holds at paths that lead through a link there: by default nothing. */
  readonly behindLink?: Held
}

export class MergedWalk {
  private readonly nodes: readonly Node[]
  private readonly folder: FolderPath
  private readonly walks: Walk[]
  private readonly behindLink: Held
  private owesFolder: boolean

  constructor(options: MergedWalkOptions) {
    const { nodes, folder, recursive, buckets, failed, withFolder = false, behindLink = null } = options
    this.nodes = nodes
    this.folder = folder
    this.owesFolder = withFolder
    this.behindLink = behindLink
    this.walks = nodes.map(node => {
      const reason = failed?.get(node.name)
      if (reason !== undefined) return { is: 'failed', reason }
      const pages = node.walk(folder, recursive, buckets)[Symbol.asyncIterator]()
      return { is: 'walking', pages, page: [], at: 0 }
    })
  }

  /** Nodes that could not be asked, or failed on the way. */
  unreachable(): Detail[] {
    return this.walks.flatMap((walk, place) =>
      walk.is === 'failed' ? [{ node: this.nodes[place]!.name, reason: walk.reason, behindOps: null }] : [],
    )
  }

  /**
   * @returns the next path, or null after the last.
   * @throws ConcurError NOT_FOUND when no node holds the folder, NOT_A_FILE when none does and a link stands on the way
   *   to it, UNREACHABLE when some could not be asked for it.
   */
  async next(): Promise<MergedEntry | null> {
    const pending = this.walks.flatMap((walk, place) =>
      walk.is === 'walking' && walk.at === walk.page.length ? [this.turnPage(place)] : [],
    )
    if (pending.length > 0) await Promise.all(pending)
    const first = this.first()
    if (this.owesFolder) {
      this.owesFolder = false
      const isOwn = first !== null && isPath(first, this.folder)
      if (!isOwn && this.isFolderLacking)
        return {
          escaped: false,
          path: this.folder as FilePath,
          held: this.walks.map(walk => this.folderHeld(walk)),
        }
    }
    if (first !== null) return { ...first, held: this.walks.map(walk => this.takeIf(walk, first)) }
    this.assertFound()
    return null
  }

  /** Lets go of every walk. */
  async close(): Promise<void> {
    await Promise.all(
      this.walks.map(async walk => (walk.is === 'walking' ? walk.pages.return?.() : undefined)),
    )
  }

  private async turnPage(place: number): Promise<void> {
    const walk = this.walks[place]!
    if (walk.is !== 'walking') return
    try {
      do {
        const { done, value } = await walk.pages.next()
        if (done) {
          this.walks[place] = { is: 'ended' }
          return
        }
        walk.page = value
        walk.at = 0
      } while (walk.page.length === 0)
    } catch (error) {
      const { code, message } = asConcurError(error)
      if (code === 'NOT_FOUND') this.walks[place] = { is: 'nothing-there', why: 'not on' }
      else if (code === 'NOT_A_FILE') this.walks[place] = { is: 'nothing-there', why: 'behind a link on' }
      else this.walks[place] = { is: 'failed', reason: reasonOf(this.nodes[place]!.name, message) }
    }
  }

  private get isFolderLacking(): boolean {
    const isThere = this.walks.some(({ is }) => is === 'walking' || is === 'ended')
    return isThere && this.walks.some(({ is }) => is === 'nothing-there')
  }

  private first(): ListedPath | null {
    let first: ListedPath | null = null
    for (const walk of this.walks) {
      const entry = walk.is === 'walking' ? walk.page[walk.at]! : null
      if (entry !== null && (first === null || compareListed(entry, first) < 0)) first = entry
    }
    return first === null ? null : listedPathOf(first)
  }

  private takeIf(walk: Walk, listed: ListedPath): Held {
    if (walk.is === 'failed') return 'not compared'
    if (walk.is === 'walking' && compareListed(walk.page[walk.at]!, listed) === 0) {
      const { type, digest, size, mtimeMs } = walk.page[walk.at++]!
      return { type, digest, size, mtimeMs }
    }
    if (walk.is === 'nothing-there' && walk.why === 'behind a link on') return this.behindLink
    // A node that lists what is below the path, while another holds a file there, holds a folder.
    return isPath(listed, this.folder) ? this.folderHeld(walk) : null
  }

  /** What a node holds at the folder that is walked. */
  private folderHeld(walk: Walk): Held {
    if (walk.is === 'failed') return 'not compared'
    if (walk.is !== 'nothing-there') return { type: 'folder', digest: null, size: 0, mtimeMs: 0 }
    return walk.why === 'behind a link on' ? this.behindLink : null
  }

  private assertFound(): void {
    if (this.walks.some(walk => walk.is === 'ended' || walk.is === 'walking')) return
    const absent = this.walks.flatMap((walk, place) =>
      walk.is === 'nothing-there' ? [`${walk.why} ${this.nodes[place]!.name}`] : [],
    )
    const silent = this.unreachable().map(({ node, reason }) => `${node} ${reason}`)
    if (this.walks.some(walk => walk.is === 'nothing-there' && walk.why !== 'not on')) {
      throw new ConcurError('NOT_A_FILE', absent.join(', '))
    }
    if (silent.length === 0) throw new ConcurError('NOT_FOUND', absent.join(', '))
    throw new ConcurError(
      'UNREACHABLE',
      [...(absent.length > 0 ? [absent.join(', ')] : []), ...silent].join('; '),
    )
  }
}

/** @returns why a node could not be asked, as it reads on from the node's name. */
export function reasonOf(node: NodeName, message: string): string {
  if (message.startsWith(`${node} `)) return message.slice(node.length + 1)
  return `could not say: ${message.startsWith(`${node}: `) ? message.slice(node.length + 2) : message}`
}

/**
 * One node's copy: what its disk holds, with digests that can be believed, and contents by digest. The only face
 * of this folder to the rest of the program. Knows no other node and no wire.
 */
import { join } from 'node:path'
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { ClusterId, NodeId, NodeName } from '../../protocol/ids.ts'
import type { Copy } from '../../protocol/copies.ts'
import type { Entry } from '../../protocol/messages.ts'
import { type FilePath, type FolderPath, ownFolder } from '../../protocol/path.ts'
import type { Clock, Random, Timers } from '../../protocol/world.ts'
import type { BlockHasher, OnProgress } from './block-hasher.ts'
import { Bodies } from './bodies.ts'
import type { DigestIndex } from './digest-index.ts'
import { Digests } from './digests.ts'
import { type Disk, DiskError, type Fd } from './disk.ts'
import type { OpenBody } from './file-body.ts'
import { FileClock } from './file-clock.ts'
import { NodeFile } from './node-file.ts'
import { OwnFolder } from './own-folder.ts'
import { type Pace, Slices } from './slices.ts'
import type { SmallBody } from './small-contents.ts'
import { Tree } from './tree.ts'
import { walk } from './walk.ts'

export type { OpenBody } from './file-body.ts'

const walkPace: Pace = { workMs: 10, restMs: 0 }

export interface StoreOptions {
  /** The folder that holds the tree, by its name on this machine. */
  readonly root: string
  readonly disk: Disk
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  /** Belongs to the store from now on. */
  readonly hasher: BlockHasher
  /** Opens the index that lies in `folder`, which need not exist yet. */
  readonly openIndex: (folder: string) => DigestIndex
}

/** What a store is made of, each opened after the one before. */
interface Parts {
  readonly tree: Tree
  readonly own: OwnFolder
  readonly node: NodeFile
  readonly fileClock: FileClock
  readonly index: DigestIndex
}

export class Store {
  private readonly options: StoreOptions
  private readonly parts: Parts
  private readonly digests: Digests
  private readonly bodies: Bodies
  private closing: Promise<void> | null = null

  /**
   * Takes the root for this process.
   * @throws ConcurError USAGE, naming `--root`: no such folder, no folder, in use, or nothing can be written there.
   */
  static async open(options: StoreOptions): Promise<Store> {
    try {
      return new Store(options, openParts(options))
    } catch (error) {
      await options.hasher.close()
      throw refusalOf(options.root, error)
    }
  }

  private constructor(options: StoreOptions, parts: Parts) {
    const { clock, hasher } = options
    const { tree, index, fileClock } = parts
    this.options = options
    this.parts = parts
    this.digests = new Digests({ tree, index, fileClock, clock, hasher })
    this.bodies = new Bodies({ tree, digests: this.digests })
  }

  get nodeId(): NodeId {
    return this.parts.node.nodeId
  }

  get clusterId(): ClusterId | null {
    return this.parts.node.clusterId
  }

  /** Returns when the id is on the disk. @throws ConcurError WRONG_CLUSTER when the store has another one. */
  setClusterId(clusterId: ClusterId): void {
    this.parts.node.setClusterId(clusterId)
  }

  /** The configured nodes as the last link told them, coordinator first; none before the first link. */
  members(): readonly NodeName[] {
    return this.parts.node.members
  }

  /** Returns when the names are on the disk. */
  setMembers(names: readonly NodeName[]): void {
    this.parts.node.setMembers(names)
  }

  /**
   * What the disk holds at `path`. A promise only when a large file has to be read; `onProgress` is called at once
   * then, and as bytes are read. `deep` reads every byte, whatever is known.
   */
  look(path: FilePath, how: { deep: boolean; onProgress?: OnProgress }): Copy | Promise<Copy> {
    return this.digests.look(path, how)
  }

  /** @returns the whole content, or null when it is longer than `bytesMax`, not `digest`, or cannot be read. */
  readSmall(path: FilePath, digest: Digest, bytesMax: number): SmallBody | null {
    return this.bodies.readSmall(path, digest, bytesMax)
  }

  /**
   * Opens the content `digest`; the caller closes it.
   * @throws ConcurError NOT_FOUND, CHANGED when the file is not that content any more, IO_ERROR.
   */
  openBody(path: FilePath, digest: Digest): Promise<OpenBody> {
    return this.bodies.open(path, digest)
  }

  /**
   * What lies in `folder`, in the UTF-8 byte order of whole paths, in batches; of what is no folder, its one entry.
   * Links, FIFOs, sockets, devices and mounts are `other`; names that no path can be are left out.
   * @throws ConcurError NOT_FOUND, or IO_ERROR for a folder that cannot be read.
   */
  walk(folder: FolderPath, recursive: boolean, pace = walkPace): AsyncGenerator<Entry[]> {
    const { clock, timers } = this.options
    const { tree } = this.parts
    const slices = new Slices({ clock, timers, pace })
    return walk({
      tree,
      folder,
      recursive,
      slices,
      digestOf: (path, stat) => this.digests.trusted(path, stat)?.digest ?? null,
    })
  }

  /** @returns null when the file system does not say. */
  diskFreeBytes(): number | null {
    try {
      return this.parts.tree.freeBytes()
    } catch {
      return null
    }
  }

  /** Ends what is being read, puts the index on the disk, and gives the root free. Open bodies stay open. */
  close(): Promise<void> {
    this.closing ??= this.closeOnce()
    return this.closing
  }

  private async closeOnce(): Promise<void> {
    this.parts.tree.close()
    await this.options.hasher.close()
    await this.digests.drained()
    await this.parts.index.close()
    closeParts(this.parts)
  }
}

function refusalOf(root: string, error: unknown): ConcurError {
  if (error instanceof ConcurError) return new ConcurError(error.code, `--root ${root}: ${error.message}`)
  const reason = error instanceof DiskError ? error.code : String((error as Error).message)
  return new ConcurError('USAGE', `--root ${root}: ${ownFolder} cannot be used (${reason})`, { cause: error })
}

/** Opens what a store is made of; when one part fails, those before it are closed. */
function openParts({ root, disk, random, openIndex }: StoreOptions): Parts {
  const parts: { -readonly [K in keyof Parts]?: Parts[K] } = {}
  try {
    const rootFolder = openRoot(disk, root)
    parts.tree = new Tree({ disk, root: rootFolder })
    parts.own = new OwnFolder({ disk, root: rootFolder })
    parts.node = new NodeFile({ disk, folder: parts.own.fd, random })
    parts.fileClock = new FileClock({ disk, folder: parts.own.fd })
    parts.index = openIndex(join(root, ownFolder, 'index'))
    return parts as Parts
  } catch (error) {
    closeParts(parts)
    throw error
  }
}

function closeParts({ fileClock, own, tree }: Partial<Parts>): void {
  fileClock?.close()
  own?.close()
  tree?.close()
}

function openRoot(disk: Disk, root: string): Fd {
  try {
    return disk.openFolder(root)
  } catch (error) {
    const code = error instanceof DiskError ? error.code : ''
    const sentences: Record<string, string> = {
      ENOENT: 'no such folder',
      ENOTDIR: 'not a folder',
      EACCES: 'permission denied',
    }
    throw new ConcurError('USAGE', sentences[code] ?? `it cannot be opened (${code})`, { cause: error })
  }
}

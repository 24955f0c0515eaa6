/** Opens what a store is made of before anything changes: the root, the server's own folder in it, the index. */
import { join } from 'node:path'
import { ConcurError } from '../../protocol/errors.ts'
import { ownFolder } from '../../protocol/path.ts'
import type { Random } from '../../protocol/world.ts'
import { type Disk, DiskError, type Fd } from './disk.ts'
import { FileClock } from './file-clock.ts'
import type { Index } from './index.ts'
import { NodeFile } from './node-file.ts'
import { OwnFolder } from './own-folder.ts'
import { Tree } from './tree.ts'

export interface PartsOptions {
  readonly root: string
  readonly disk: Disk
  readonly random: Random
  readonly openIndex: (folder: string) => Index
}

/** What a store is made of, each opened after the one before. */
export interface Parts {
  readonly tree: Tree
  readonly own: OwnFolder
  readonly node: NodeFile
  readonly fileClock: FileClock
  readonly index: Index
}

/** @returns what to say to a person of a root that cannot be opened. */
export function refusalOf(root: string, error: unknown): ConcurError {
  if (error instanceof ConcurError) {
    const code = error.code === 'NO_SPACE' ? 'USAGE' : error.code
    return new ConcurError(code, `--root ${root}: ${error.message}`)
  }
  const reason = error instanceof DiskError ? error.code : String((error as Error).message)
  return new ConcurError('USAGE', `--root ${root}: ${ownFolder} cannot be used (${reason})`, { cause: error })
}

/** Opens what a store is made of; when one part fails, those before it are closed. */
export function openParts({ root, disk, random, openIndex }: PartsOptions): Parts {
  const parts: { -readonly [K in keyof Parts]?: Parts[K] } = {}
  try {
    const rootFolder = openRoot(disk, root)
    parts.tree = new Tree({ disk, root: rootFolder })
    parts.own = new OwnFolder({ disk, root: rootFolder })
    parts.node = new NodeFile({ disk, root: rootFolder, folder: parts.own.fd, random })
    parts.fileClock = new FileClock({ disk, folder: parts.own.fd })
    parts.index = openIndex(join(root, ownFolder, 'index'))
    return parts as Parts
  } catch (error) {
    closeParts(parts)
    throw error
  }
}

export function closeParts({ fileClock, own, tree }: Partial<Parts>): void {
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

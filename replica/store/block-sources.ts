/**
 * The files of this node that may hold blocks of what a record makes, each opened, with the digests that its blocks had when
 * they were last read: what the record's paths are now; where one of them is no file, what the record before took away
 * from there, or where it moved it. Whoever reads from them holds each block against its digest.
 */
import { type FilePath, isWithin } from '../../protocol/path.ts'
import { type JournalEntry, pathsOf } from '../../protocol/record.ts'
import type { JournalReader } from './ahead.ts'
import { smallBytesMax } from './digests.ts'
import { DiskError, type Fd, newStat } from './disk.ts'
import { historyName } from './history.ts'
import type { Ground } from './install/ground.ts'
import { digestOfFile } from './install/looked-at.ts'
import { openOwnFile } from './install/new-file.ts'
import { looksAlike } from './looks-alike.ts'

const triesMax = 2

/** Whoever gets it closes the file. */
export interface BlockSource {
  readonly fd: Fd
  readonly blockDigests: Buffer
}

export interface SourcesOptions {
  readonly ground: Ground
  readonly journal: JournalReader
}

/** `blockDigests`: of what is looked for. A file that cannot be read is left out. */
export async function openBlockSources(
  options: SourcesOptions,
  { record: { change } }: JournalEntry,
  blockDigests: Buffer,
): Promise<BlockSource[]> {
  const sources: BlockSource[] = []
  // Of a delete it is a list that is looked for, which is nowhere else.
  const paths = change.type === 'delete' ? [] : (pathsOf(change) as FilePath[])
  for (const path of paths) {
    try {
      const source = await openSource(options, path, blockDigests)
      if (source !== null) sources.push(source)
    } catch (error) {
      if (error instanceof DiskError) continue
      for (const { fd } of sources) options.ground.disk.close(fd)
      throw error
    }
  }
  return sources
}

async function openSource(
  { ground, journal }: SourcesOptions,
  path: FilePath,
  blockDigests: Buffer,
): Promise<BlockSource | null> {
  const found = await inTree(ground, path)
  const seq = ground.paths.get(path)?.seq
  if (found !== null || seq === undefined) return found
  const moved = movedTo(path, journal, seq)
  return moved === null ? inHistory(ground, historyName(seq, 0, path), blockDigests) : inTree(ground, moved)
}

/** Its digests are remembered, as a rule: whoever needs a content has looked at its path. */
async function inTree(ground: Ground, path: FilePath): Promise<BlockSource | null> {
  const { tree, digests, disk } = ground
  const stat = newStat()
  for (let tries = 1; tries <= triesMax; tries++) {
    const fd = tree.openFile(path, stat)
    if (typeof fd !== 'number') return null
    const record = digests.remembered(path, stat)
    const blockDigests = record === null ? null : digests.blockDigests(record)
    if (blockDigests !== null) return { fd, blockDigests }
    disk.close(fd)
    if (stat.size <= smallBytesMax) return null
    await digests.content(path)
  }
  return null
}

function movedTo(path: FilePath, journal: JournalReader, seq: number): FilePath | null {
  const change = journal.at(seq)?.record.change
  if (change?.type !== 'rename') return null
  if (!isWithin(path, change.from)) return null
  return `${change.to}${path.slice(change.from.length)}` as FilePath
}

/** Of what lies there nothing is remembered. */
async function inHistory(ground: Ground, name: string, blockDigests: Buffer): Promise<BlockSource | null> {
  const { disk, history } = ground
  const fd = openOwnFile(disk, { folder: history.folder, name })
  if (fd === null) return null
  let source: BlockSource | null = null
  try {
    const stat = newStat()
    disk.stat(fd, stat)
    const hashed = (await looksAlike(disk, { fd, size: stat.size }, blockDigests))
      ? await digestOfFile(ground, fd)
      : null
    source = hashed === null ? null : { fd, blockDigests: hashed.blockDigests }
    return source
  } finally {
    if (source === null) disk.close(fd)
  }
}

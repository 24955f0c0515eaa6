/**
 * Files a fork: the records behind the last one that this node has in common with its cluster. The tree goes back to what
 * it was there, the fork's contents go to history, and the journal ends with the common record: from there the cluster's
 * records are followed. A crash anywhere in between is gone on from at the next start. Clause: ../README.md "A fork".
 */
import type { Digest } from '../../../protocol/digest.ts'
import { type FilePath, wholeTree } from '../../../protocol/path.ts'
import { bodyOf, type JournalEntry } from '../../../protocol/record.ts'
import type { Clock } from '../../../protocol/world.ts'
import type { AuditLog } from '../audit-log.ts'
import type { Disk, Fd } from '../disk.ts'
import { makeParent } from '../folders.ts'
import { listName, seqName } from '../history.ts'
import { listAt, listOf } from '../install/delete-folder.ts'
import { type Ground, Work } from '../install/ground.ts'
import type { Journal } from '../journal/journal.ts'
import type { PathIndex, PathState } from '../path-index.ts'
import type { Progress } from '../progress.ts'
import type { Slices } from '../slices.ts'
import { sortedNames } from '../sorted-names.ts'
import { type Before, beforeFork, type ForkRecord } from './before-fork.ts'
import { removeForkMark, writeForkMark } from './fork-mark.ts'
import { namesIn } from './objects.ts'
import { type Filed, Undoing } from './undoing.ts'

const readBytes = 1024 * 1024

export interface FilingOptions {
  readonly disk: Disk
  /** `.concur`. */
  readonly folder: Fd
  readonly journal: Journal
  readonly ground: Ground
  readonly paths: PathIndex
  readonly progress: Progress
  readonly log: AuditLog
  readonly clock: Clock
  readonly slices: Slices
}

/** What was filed, for people. */
export interface FiledFork {
  readonly commonSeq: number
  readonly lastSeq: number
  /** Where its contents lie, below history. */
  readonly name: string
  readonly paths: readonly Filed[]
}

/**
 * What is settled is flushed, nothing is settled meanwhile, and nothing behind the last record was ever committed.
 * @throws ConcurError, DiskError: the next start goes on with it.
 */
export async function fileFork(options: FilingOptions, commonSeq: number): Promise<FiledFork> {
  const { disk, folder, journal } = options
  const lastSeq = journal.last.seq
  const name = nameOf(options, commonSeq)
  writeForkMark(disk, folder, { commonSeq, phase: 'undoing' })
  const fork = await recordsOf(options, commonSeq)
  const { before, last } = await pathsOf(options, commonSeq, fork)
  const undoing = new Undoing({ ...options, commonSeq, name, fork, before, last })
  const paths = await undoing.run()
  await fileHistory(options, commonSeq, name)
  await fileExchange(options, name)
  await disk.flushAllSoon(folder)
  options.log.takeBack(commonSeq, options.clock.nowMs(), paths)
  writeForkMark(disk, folder, { commonSeq, phase: 'undone' })
  await dropFork(options, commonSeq)
  return { commonSeq, lastSeq, name, paths }
}

/** The tree is back: now the index, then the journal. Also done by a start that finds the mark `undone`. */
export async function dropFork(options: FilingOptions, commonSeq: number): Promise<void> {
  const { disk, folder, journal, ground, paths, progress } = options
  const fork = await recordsOf(options, commonSeq)
  const { before } = await pathsOf(options, commonSeq, fork)
  for (const [path, was] of before) paths.put(path, stateOf(was, commonSeq))
  paths.setSettled(commonSeq)
  await paths.flush()
  progress.set(commonSeq)
  if (journal.last.seq > commonSeq) await journal.truncateAfter(commonSeq)
  for (const { record } of fork) {
    const stage = bodyOf(record.change)?.stage
    if (stage != null) ground.stages.remove(stage)
  }
  removeForkMark(disk, folder)
}

function nameOf({ journal }: FilingOptions, commonSeq: number): string {
  return `fork-${seqName(commonSeq + 1)}-${journal.last.hash.slice(0, 8)}`
}

/** The fork's records that were not abandoned, in their order. */
async function recordsOf(options: FilingOptions, commonSeq: number): Promise<ForkRecord[]> {
  const { journal, slices } = options
  const found: ForkRecord[] = []
  const abandoned = new Set<number>()
  for (let at = commonSeq; at < journal.last.seq; ) {
    for (const entry of journal.readAfter(at, readBytes)) {
      at = entry.record.seq
      const { change } = entry.record
      if (change.type === 'abandoned') abandoned.add(change.abandonedSeq)
      found.push({ record: entry.record, list: await deletedBy(options, entry, nameOf(options, commonSeq)) })
    }
    if (slices.isUsedUp) await slices.next()
  }
  return found.filter(({ record }) => !abandoned.has(record.seq))
}

/** @returns what the record deletes with a folder; nothing where the list is not here any more. */
async function deletedBy(
  { ground, slices }: FilingOptions,
  entry: JournalEntry,
  name: string,
): Promise<ForkRecord['list']> {
  const { change } = entry.record
  if (change.type !== 'delete' || change.what !== 'folder') return []
  const filed = listAt(ground, `${name}/${listName(entry.record.seq)}`, change.body.bytes)
  if (filed !== null) return filed
  const contents = { obtain: async () => ({ is: 'lost', reason: '' }) as const }
  return (await listOf({ ...ground, contents }, new Work({ entry, slices, older: [] }), change)) ?? []
}

async function pathsOf(
  { paths, slices }: FilingOptions,
  commonSeq: number,
  fork: readonly ForkRecord[],
): Promise<{ before: Map<FilePath, Before>; last: Map<FilePath, Digest> }> {
  const touched = new Map<FilePath, PathState>()
  const last = new Map<FilePath, Digest>()
  for await (const piece of paths.below(wholeTree)) {
    for (const [path, state] of piece) {
      if (state.seq <= commonSeq) continue
      touched.set(path, state)
      if (state.is === 'file' && state.digest !== null) last.set(path, state.digest)
    }
    if (slices.isUsedUp) await slices.next()
  }
  return { before: beforeFork(fork, touched), last }
}

/** What the fork's records moved to history goes by the fork's name: other records will have their numbers. */
async function fileHistory(
  { ground, slices }: FilingOptions,
  commonSeq: number,
  name: string,
): Promise<void> {
  const { disk, history } = ground
  const tops = (await namesIn(ground, '.', slices)).filter(top => Number.parseInt(top, 10) > commonSeq)
  if (tops.length === 0) return
  disk.makeFolder(history.folder, name)
  const to = disk.openBeneath(history.folder, name, 'place')
  try {
    for (const top of tops) disk.moveNew(history.folder, top, to, top)
  } finally {
    disk.close(to)
  }
}

/** What a record was about to exchange, or had not judged yet, when it was stopped. */
async function fileExchange({ ground, slices }: FilingOptions, name: string): Promise<void> {
  const { disk, history, exchange } = ground
  const folder = disk.openBeneath(exchange, '.', 'folder')
  try {
    for (const left of await sortedNames(disk, folder, slices, name => name)) {
      const to = makeParent(disk, history.folder, `${name}/exchange/${left}`, (at, part) =>
        disk.makeFolder(at, part),
      )
      try {
        disk.moveNew(exchange, left, to.folder, left)
      } finally {
        disk.close(to.folder)
      }
    }
  } finally {
    disk.close(folder)
  }
}

/** A path that no record had made has no record now. */
function stateOf(before: Before, seq: number): PathState {
  if (before.is === 'folder') return { seq, is: 'folder' }
  if (before.is === 'absent' || before.digest === null) return { seq: 0, is: 'absent' }
  return { seq, is: 'file', digest: before.digest, size: null }
}

/**
 * The contents that a path had and that are still on this node: what it is now, what lies in history, and the beginnings
 * of both that it was before it grew; also where it has moved to another name since. One for each content.
 * Clause: protocol/README.md "HISTORY".
 */
import type { Copy } from '../../../protocol/copies.ts'
import type { Digest } from '../../../protocol/digest.ts'
import { ConcurError } from '../../../protocol/errors.ts'
import type { HadContent } from '../../../protocol/history-messages.ts'
import type { PathPast } from '../../../protocol/notes.ts'
import { type FilePath, isWithin, movedPath } from '../../../protocol/path.ts'
import type { JournalRecord } from '../../../protocol/record.ts'
import type { JournalReader } from '../ahead.ts'
import { wholeMs } from '../identity.ts'
import { type EntryName, entryNameOf } from '../path-entries.ts'
import type { PathIndex } from '../path-index.ts'
import type { Slices } from '../slices.ts'
import type { HistoryCatalog } from './catalog.ts'
import type { KeptObjects } from './kept-objects.ts'
import { objectName } from './object-name.ts'

/** Earlier operations of a path that are looked at; of more the last ones count. */
const operationsMax = 65_536
/** Names that a content is followed to. */
const hopsMax = 8

export interface HadSources {
  readonly journal: Pick<JournalReader, 'at'>
  readonly paths: Pick<PathIndex, 'get' | 'contents'>
  readonly catalog: Pick<HistoryCatalog, 'of'>
  readonly objects: Pick<KeptObjects, 'examine'>
  readonly look: (path: FilePath) => Copy | Promise<Copy>
  readonly pastOf: (path: FilePath) => PathPast
  /** Milliseconds that an object still stays at the least; null: no end is set. */
  readonly leftMs: (top: string, name: string) => number | null
  readonly slices: Slices
}

/** Where a content is. `leftMs` null: no end is set to it. */
interface Held {
  readonly size: number
  readonly timeMs: number
  readonly isCurrent: boolean
  readonly leftMs: number | null
}

/** In no order that matters. @throws DiskError. */
export async function hadContents(sources: HadSources, path: FilePath): Promise<HadContent[]> {
  const held = await heldContents(sources, path, hopsMax)
  const past = sources.pastOf(path)
  return [...held].map(([digest, { size, timeMs, isCurrent, leftMs }]) => {
    const seq = past.seqOf(digest)
    const operation = seq === null ? null : past.operationAt(seq)
    const told = { seq, timeMs: operation?.timeMs ?? timeMs, type: operation?.type ?? null }
    return { path, digest, size, ...told, isCurrent, leftMs }
  })
}

async function heldContents(sources: HadSources, path: FilePath, hops: number): Promise<Map<Digest, Held>> {
  const held = new Map<Digest, Held>()
  const copy = await sources.look(path)
  if (copy.is === 'file') {
    const { size, mtimeMs: timeMs } = copy
    held.set(copy.digest, { size, timeMs, isCurrent: true, leftMs: null })
  }
  await addObjects(sources, path, held)
  const operations = await operationsOf(sources, path)
  const moved = hops === 0 ? null : movedTo(sources, path)
  if (moved !== null) addMoved(await heldContents(sources, moved, hops - 1), operations, held)
  addBeginnings(operations, held)
  return held
}

async function addObjects(sources: HadSources, path: FilePath, held: Map<Digest, Held>): Promise<void> {
  for (const piece of sources.catalog.of(path)) {
    for (const filed of piece) {
      const object = await sources.objects.examine(filed)
      if (object === null || object.digest === null) continue
      const { size, mtimeNs } = object.identity
      const leftMs = sources.leftMs(object.top, objectName(object))
      longest(held, object.digest, { size, timeMs: wholeMs(mtimeNs), isCurrent: false, leftMs })
    }
    if (sources.slices.isUsedUp) await sources.slices.next()
  }
}

interface Operations {
  /** The contents that operations gave the path, by half of their digests. */
  readonly names: ReadonlySet<EntryName>
  /** The last ones, the newest first. */
  readonly records: readonly JournalRecord[]
}

async function operationsOf({ paths, journal, slices }: HadSources, path: FilePath): Promise<Operations> {
  const names = new Set<EntryName>()
  const seqs: number[] = []
  for (const piece of paths.contents.of(path)) {
    for (const [name, seq] of piece) {
      names.add(name)
      seqs.push(seq)
    }
    if (slices.isUsedUp) await slices.next()
  }
  const state = paths.get(path)
  if (state?.is === 'file') seqs.push(state.seq)
  const records: JournalRecord[] = []
  for (const seq of seqs.sort((a, b) => b - a).slice(0, operationsMax)) {
    const record = recordAt(journal, seq)
    if (record !== null) records.push(record)
    if (slices.isUsedUp) await slices.next()
  }
  return { names, records }
}

/** @returns where what the path was has gone with its last operation, if that was a rename; else null. */
function movedTo({ paths, journal }: HadSources, path: FilePath): FilePath | null {
  const state = paths.get(path)
  if (state?.is !== 'absent') return null
  const change = recordAt(journal, state.seq)?.change
  if (change?.type !== 'rename' || !isWithin(path, change.from)) return null
  return movedPath(path, change.from, change.to)
}

/** What cannot be read is not told. */
function recordAt(journal: HadSources['journal'], seq: number): JournalRecord | null {
  try {
    return journal.at(seq)?.record ?? null
  } catch (error) {
    if (error instanceof ConcurError) return null
    throw error
  }
}

/** What it has under its other name, and had under this one. */
function addMoved(there: ReadonlyMap<Digest, Held>, { names }: Operations, held: Map<Digest, Held>): void {
  for (const [digest, one] of there)
    if (names.has(entryNameOf(digest))) longest(held, digest, { ...one, isCurrent: false })
}

/** An append keeps what was there as the beginning of what it makes; it was there before that. */
function addBeginnings({ records }: Operations, held: Map<Digest, Held>): void {
  for (const { change, timeMs } of records) {
    if (change.type !== 'append') continue
    const holder = held.get(change.digest)
    const before = change.base ?? change.seen[0]
    if (holder === undefined || before === undefined || before === change.digest) continue
    longest(held, before, { ...holder, size: change.offset, timeMs, isCurrent: false })
  }
}

/** Of several places of one content that counts which stays longest. */
function longest(held: Map<Digest, Held>, digest: Digest, one: Held): void {
  const before = held.get(digest)
  if (before === undefined || (before.leftMs !== null && (one.leftMs === null || one.leftMs > before.leftMs)))
    held.set(digest, one)
}

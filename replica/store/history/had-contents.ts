/**
 * The contents that a path had and that are still on this node: what it is now, what lies in history, and the beginnings
 * of both that it was before it grew; also where it has moved to another name since. One for each content.
 * Clause: protocol/README.md "HISTORY".
 */
import type { Copy } from '../../../protocol/copies.ts'
import type { Digest } from '../../../protocol/digest.ts'
import { ConcurError } from '../../../protocol/errors.ts'
import type { HadContent } from '../../../protocol/history-messages.ts'
import type { OpType } from '../../../protocol/messages.ts'
import type { PathPast } from '../../../protocol/notes.ts'
import { type FilePath, isWithin, movedPath } from '../../../protocol/path.ts'
import type { JournalRecord } from '../../../protocol/record.ts'
import type { JournalReader } from '../ahead.ts'
import { wholeMs } from '../identity.ts'
import { loggedOperation } from '../logged-operations.ts'
import { type EntryName, entryNameOf } from '../path-entries.ts'
import type { PathIndex } from '../path-index.ts'
import type { Slices } from '../slices.ts'
import type { FiledObject, HistoryCatalog } from './catalog.ts'
import type { KeptObjects } from './kept-objects.ts'
import { objectName } from './object-name.ts'

/** Operations and objects of a path that are looked at; of more the last ones count. */
const contentsMax = 10_000
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
  const { held, operations } = await heldContents(sources, path, hopsMax)
  const past = sources.pastOf(path)
  const contents: HadContent[] = []
  for (const [digest, { size, timeMs, isCurrent, leftMs }] of held) {
    const seq = past.seqOf(digest)
    const operation = seq === null ? null : (operations.bySeq.get(seq) ?? past.operationAt(seq))
    const told = { seq, timeMs: operation?.timeMs ?? timeMs, type: operation?.type ?? null }
    contents.push({ path, digest, size, ...told, isCurrent, leftMs })
    if (sources.slices.isUsedUp) await sources.slices.next()
  }
  return contents
}

async function heldContents(
  sources: HadSources,
  path: FilePath,
  hops: number,
): Promise<{ held: Map<Digest, Held>; operations: Operations }> {
  const held = new Map<Digest, Held>()
  const copy = await sources.look(path)
  if (copy.is === 'file') {
    const { size, mtimeMs: timeMs } = copy
    held.set(copy.digest, { size, timeMs, isCurrent: true, leftMs: null })
  }
  await addObjects(sources, path, held)
  const operations = await operationsOf(sources, path)
  const moved = hops === 0 ? null : movedTo(sources, path)
  if (moved !== null) addMoved((await heldContents(sources, moved, hops - 1)).held, operations, held)
  addBeginnings(operations, held)
  return { held, operations }
}

async function addObjects(sources: HadSources, path: FilePath, held: Map<Digest, Held>): Promise<void> {
  for (const filed of await lastObjects(sources, path)) {
    const object = await sources.objects.examine(filed)
    if (sources.slices.isUsedUp) await sources.slices.next()
    if (object === null || object.digest === null) continue
    const { size, mtimeNs } = object.identity
    const leftMs = sources.leftMs(object.top, objectName(object))
    longest(held, object.digest, { size, timeMs: wholeMs(mtimeNs), isCurrent: false, leftMs })
  }
}

/** Those that came last, by their names; what a fork left counts as later. */
async function lastObjects({ catalog, slices }: HadSources, path: FilePath): Promise<FiledObject[]> {
  const last = (all: FiledObject[]): FiledObject[] =>
    all.length <= contentsMax ? all : all.sort((a, b) => (a.top < b.top ? 1 : -1)).slice(0, contentsMax)
  let found: FiledObject[] = []
  for (const piece of catalog.of(path)) {
    found.push(...piece)
    if (found.length > 2 * contentsMax) found = last(found)
    if (slices.isUsedUp) await slices.next()
  }
  return last(found)
}

/** What one operation made of the path. */
interface Operation {
  readonly timeMs: number
  readonly type: OpType | null
  /** It made `digest` of `before`, which is the beginning of that. */
  readonly extension: { readonly before: Digest; readonly bytes: number; readonly digest: Digest } | null
}

interface Operations {
  /** The contents that operations gave the path, by half of their digests. */
  readonly names: ReadonlySet<EntryName>
  /** The last ones, the newest first. */
  readonly bySeq: ReadonlyMap<number, Operation>
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
  const bySeq = new Map<number, Operation>()
  for (const seq of seqs.sort((a, b) => b - a).slice(0, contentsMax)) {
    const record = recordAt(journal, seq)
    if (record !== null) bySeq.set(seq, operationOf(record))
    if (slices.isUsedUp) await slices.next()
  }
  return { names, bySeq }
}

function operationOf(record: JournalRecord): Operation {
  const { change, timeMs } = record
  const type = loggedOperation(record)?.type ?? null
  const before = change.type === 'append' ? (change.base ?? change.seen[0]) : undefined
  if (change.type !== 'append' || before === undefined) return { timeMs, type, extension: null }
  return { timeMs, type, extension: { before, bytes: change.offset, digest: change.digest } }
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
function addBeginnings({ bySeq }: Operations, held: Map<Digest, Held>): void {
  for (const { timeMs, extension } of bySeq.values()) {
    const holder = extension === null ? undefined : held.get(extension.digest)
    if (extension === null || holder === undefined || extension.before === extension.digest) continue
    longest(held, extension.before, { ...holder, size: extension.bytes, timeMs, isCurrent: false })
  }
}

/** Of several places of one content that counts which stays longest. */
function longest(held: Map<Digest, Held>, digest: Digest, one: Held): void {
  const before = held.get(digest)
  if (before === undefined || (before.leftMs !== null && (one.leftMs === null || one.leftMs > before.leftMs)))
    held.set(digest, one)
}

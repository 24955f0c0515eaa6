/** For the tests of this folder: chains of records, and journals on the real disk and on the one in memory. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FaultyDisk } from '../../../fixtures/faulty-disk.ts'
import { SeededChance } from '../../../fixtures/seeded-chance.ts'
import type { Digest } from '../../../protocol/digest.ts'
import type { ConcurError } from '../../../protocol/errors.ts'
import type { ClientId, Incarnation, NodeId, NodeName, RecordHash } from '../../../protocol/ids.ts'
import { parsePath } from '../../../protocol/path.ts'
import { type Change, type JournalEntry, newEntry, noHash } from '../../../protocol/record.ts'
import type { Fd } from '../disk.ts'
import { temporaryFolder, WatchedDisk } from '../store.fixture.ts'
import { Journal, type JournalDisk } from './journal.ts'

/** Small, so that a few records are several segments. */
export const segmentBytes = 8192

const epoch = { number: 7, incarnation: 'e'.repeat(32) as Incarnation }

/** Makes entries each of which follows from the one before. */
export class Chain {
  private readonly chance: SeededChance
  private seq: number
  private previous: RecordHash

  /** `after`: the entry that the first one follows from. */
  constructor(seed: number, after?: JournalEntry) {
    this.chance = new SeededChance(seed)
    this.seq = after?.record.seq ?? 0
    this.previous = after?.hash ?? noHash
  }

  next(body = this.body()): JournalEntry {
    this.seq++
    const entry = newEntry(
      {
        epoch,
        seq: this.seq,
        previous: this.previous,
        committedSeq: this.chance.below(this.seq),
        timeMs: 1_700_000_000_000 + this.seq,
        client: 'someone@somewhere' as ClientId,
        operation: null,
        change: this.change(body),
      },
      body,
    )
    this.previous = entry.hash
    return entry
  }

  take(count: number): JournalEntry[] {
    return Array.from({ length: count }, () => this.next())
  }

  private body(): Buffer | null {
    const kind = this.chance.below(4)
    return kind === 0 ? null : Buffer.alloc(kind === 1 ? 0 : this.chance.below(300), this.chance.bytes(7))
  }

  private change(body: Buffer | null): Change {
    if (body === null && this.chance.below(2) === 0)
      return { type: 'join', node: 'server2' as NodeName, nodeId: 'a'.repeat(32) as NodeId }
    return {
      type: 'put',
      path: parsePath(`folder/file ${this.chance.below(1000)}`),
      base: null,
      seen: [],
      digest: `b3:${'d'.repeat(64)}` as Digest,
      size: body?.length ?? 0,
      executable: null,
      body: { bytes: body?.length ?? 0, stage: null },
    }
  }
}

/** What tells entries apart, to be compared. */
export function told(entries: readonly JournalEntry[]) {
  return entries.map(({ record, bytes, hash, body }) => ({
    seq: record.seq,
    bytes: bytes.toString('hex'),
    hash,
    body: body?.toString('hex') ?? null,
  }))
}

/** Reads all, in pieces. */
export function entriesIn(journal: Journal, bytesMax = 1000): JournalEntry[] {
  const entries: JournalEntry[] = []
  for (;;) {
    const some = journal.readAfter(entries.length, bytesMax)
    if (some.length === 0) return entries
    entries.push(...some)
  }
}

/** A disk with a folder for a journal, and its files as they are. */
export interface World {
  readonly disk: JournalDisk
  readonly folder: Fd
  names(): string[]
  bytesOf(name: string): Buffer
  /** Null: takes the file away. */
  put(name: string, bytes: Buffer | null): void
  /** Nothing but `folder` must be open any more. */
  remove(): void
}

export function memoryWorld(disk = new FaultyDisk()): World & { readonly disk: FaultyDisk } {
  const folder = disk.openFolder('')
  return {
    disk,
    folder,
    names: () => disk.names('journal'),
    bytesOf: name => disk.bytesOf(`journal/${name}`),
    put: (name, bytes) => disk.put(`journal/${name}`, bytes),
    remove() {
      disk.close(folder)
      if (disk.openCount > 0) throw new Error(`${disk.openCount} descriptors were left open`)
    },
  }
}

export function temporaryWorld(): World {
  const disk = new WatchedDisk()
  const root = temporaryFolder()
  const folder = disk.openFolder(root)
  mkdirSync(join(root, 'journal'))
  const fileName = (name: string) => join(root, 'journal', name)
  return {
    disk,
    folder,
    names: () => readdirSync(join(root, 'journal')).sort(),
    bytesOf: name => readFileSync(fileName(name)),
    put: (name, bytes) => (bytes === null ? rmSync(fileName(name)) : writeFileSync(fileName(name), bytes)),
    remove() {
      disk.close(folder)
      rmSync(root, { recursive: true })
      if (disk.open.size > 0) throw new Error(`${disk.open.size} descriptors were left open`)
    },
  }
}

/** `failures`: filled with what the journal reports. */
export function openJournal(
  { disk, folder }: Pick<World, 'disk' | 'folder'>,
  options: { segmentBytes?: number; failures?: ConcurError[] } = {},
): Journal {
  return Journal.open({
    disk,
    folder,
    segmentBytes: options.segmentBytes ?? segmentBytes,
    onFailed(error) {
      if (options.failures === undefined) throw error
      options.failures.push(error)
    },
  })
}

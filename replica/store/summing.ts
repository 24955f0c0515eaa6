/**
 * What a folder and all that is below it hold, summed up in one walk. Digests that are trusted are taken as they are; any
 * other file is read, or every file, where that is asked for. Large files are read ahead, a few at a time, while their
 * entries keep their order, since the sums depend on it. Clause: protocol/README.md "SUM".
 */
import type { Copy } from '../../protocol/copies.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Entry } from '../../protocol/messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import { type TreeSum, TreeSumming } from '../../protocol/tree-sum.ts'
import type { OnProgress } from './block-hasher.ts'
import type { Slices } from './slices.ts'
import { SumProgress } from './sum-progress.ts'

export interface SumOptions {
  /** Every byte is read now, whatever is known. */
  readonly deep: boolean
  /** Nobody wants the sums any more. */
  readonly signal: AbortSignal
  /** In bytes of files; the whole is 0 while it is not known. */
  readonly onProgress: OnProgress
}

export interface SumSources {
  readonly entries: () => AsyncIterable<readonly Entry[]>
  /** The same entries in small steps, for who counts them meanwhile. */
  readonly entriesSlowly: () => AsyncIterable<readonly Entry[]>
  readonly look: (path: FilePath, how: { deep: boolean; onProgress: OnProgress }) => Copy | Promise<Copy>
  /** Those of `entries`. */
  readonly slices: Slices
}

/** Files that are read at once. */
const readingsMax = 8
/** Entries that wait behind a file that is being read. */
const waitingMax = 1024

/** What comes into the sums: an entry as it is, or what a look has found at its path. */
type Found = { readonly is: 'known'; readonly entry: Entry } | { readonly is: 'seen'; readonly seen: Seen }

interface Seen {
  readonly path: FilePath
  readonly copy: Copy
}

/** @throws ConcurError what the walk throws; UNREACHABLE when nobody wants the sums any more. */
export async function sumTree(sources: SumSources, options: SumOptions): Promise<TreeSum> {
  const progress = new SumProgress(sources, options.onProgress)
  try {
    return await new TreeReading(sources, options, progress).run()
  } finally {
    await progress.end()
  }
}

class TreeReading {
  private readonly sources: SumSources
  private readonly options: SumOptions
  private readonly progress: SumProgress
  private readonly summing = new TreeSumming()
  private readonly waiting: (Found | Promise<Found>)[] = []
  private readings = 0

  constructor(sources: SumSources, options: SumOptions, progress: SumProgress) {
    this.sources = sources
    this.options = options
    this.progress = progress
  }

  async run(): Promise<TreeSum> {
    for await (const entries of this.sources.entries()) {
      for (const entry of entries) {
        const isReady = this.take(entry)
        if (isReady !== null) await isReady
      }
      this.progress.tell()
      this.assertWanted()
    }
    while (this.waiting.length > 0) await this.addFirst()
    return this.summing.finish()
  }

  /** @returns when the next entry may be taken; null: at once. */
  private take(entry: Entry): Promise<void> | null {
    const isKnown = entry.type !== 'file' || (entry.digest !== null && !this.options.deep)
    if (!isKnown && !entry.escaped) return this.read(entry.path)
    if (entry.type === 'file') this.progress.add(entry.size)
    return this.put({ is: 'known', entry })
  }

  private read(path: FilePath): Promise<void> | null {
    const reading = this.progress.begin()
    const { deep } = this.options
    const copy = this.sources.look(path, { deep, onProgress: bytesDone => reading.at(bytesDone) })
    const seen = (copy: Copy): Found => {
      reading.end(sizeOf(copy))
      return { is: 'seen', seen: { path, copy } }
    }
    if (copy instanceof Promise) return this.put(this.counted(copy.then(seen)))
    return this.put(seen(copy)) ?? (this.sources.slices.isUsedUp ? this.letOthers() : null)
  }

  private counted(found: Promise<Found>): Promise<Found> {
    this.readings++
    const ended = found.finally(() => {
      this.readings--
    })
    // Who waits for one in front of it hears of a failure later.
    ended.catch(() => {})
    return ended
  }

  private put(found: Found | Promise<Found>): Promise<void> | null {
    if (this.waiting.length === 0 && !(found instanceof Promise)) {
      this.add(found)
      return null
    }
    this.waiting.push(found)
    return this.isFull ? this.makeRoom() : null
  }

  private get isFull(): boolean {
    return this.readings >= readingsMax || this.waiting.length >= waitingMax
  }

  private async makeRoom(): Promise<void> {
    while (this.isFull) {
      await this.addFirst()
      this.progress.tell()
      this.assertWanted()
    }
  }

  private async addFirst(): Promise<void> {
    const found = this.waiting[0]!
    this.add(found instanceof Promise ? await this.unlessUnwanted(found) : found)
    this.waiting.shift()
  }

  /** A file may be large: who does not want the sums any more does not wait for its end. */
  private unlessUnwanted<T>(found: Promise<T>): Promise<T> {
    const { signal } = this.options
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(unwanted())
      signal.addEventListener('abort', giveUp)
      found.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
    })
  }

  private add(found: Found): void {
    if (found.is === 'known') this.addKnown(found.entry)
    else this.addSeen(found.seen)
  }

  private addKnown(entry: Entry): void {
    if (entry.escaped || entry.type === 'other') this.summing.addUnknown(entry)
    else if (entry.type === 'folder') this.summing.addFolder(entry.path)
    else this.summing.addFile(entry.path, { size: entry.size, digest: entry.digest! })
  }

  private addSeen({ path, copy }: Seen): void {
    switch (copy.is) {
      case 'file':
        return this.summing.addFile(path, copy)
      case 'folder':
        return this.summing.addFolder(path)
      case 'other':
      case 'unreadable':
        return this.summing.addUnknown({ escaped: false, path })
      case 'absent':
        return
      default:
        return copy satisfies never
    }
  }

  private async letOthers(): Promise<void> {
    await this.sources.slices.next()
    this.progress.tell()
    this.assertWanted()
  }

  private assertWanted(): void {
    if (this.options.signal.aborted) throw unwanted()
  }
}

function unwanted(): ConcurError {
  return new ConcurError('UNREACHABLE', 'the sums are not wanted any more')
}

function sizeOf(copy: Copy): number {
  return copy.is === 'file' ? copy.size : 0
}

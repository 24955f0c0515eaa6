/**
 * How far a tree is summed up, in bytes of files. How many there are in all nobody knows beforehand: where much has to be
 * read, they are counted meanwhile.
 */
import type { Entry } from '../../protocol/messages.ts'
import type { OnProgress } from './block-hasher.ts'

/** Bytes that were read before it is worth to count how many there are. */
const countBehindBytes = 32 * 1024 * 1024

/** A file that is being read. */
export interface Reading {
  at(bytesDone: number): void
  end(size: number): void
}

export class SumProgress {
  private readonly entriesSlowly: () => AsyncIterable<readonly Entry[]>
  private readonly onProgress: OnProgress
  private bytesDone = 0
  private bytesRead = 0
  /** 0: not known. */
  private bytesTotal = 0
  private counting: Promise<void> | null = null
  private isOver = false

  constructor(
    sources: { readonly entriesSlowly: () => AsyncIterable<readonly Entry[]> },
    onProgress: OnProgress,
  ) {
    this.entriesSlowly = sources.entriesSlowly
    this.onProgress = onProgress
  }

  /** So many bytes were known. */
  add(bytes: number): void {
    this.bytesDone += bytes
  }

  begin(): Reading {
    let counted = 0
    const at = (bytesDone: number): void => {
      this.bytesDone += bytesDone - counted
      this.bytesRead += bytesDone - counted
      counted = bytesDone
      if (this.bytesRead > countBehindBytes) this.counting ??= this.count()
    }
    return {
      at: bytesDone => {
        at(bytesDone)
        this.tell()
      },
      end: at,
    }
  }

  tell(): void {
    this.onProgress(this.bytesDone, this.bytesTotal === 0 ? 0 : Math.max(this.bytesTotal, this.bytesDone))
  }

  /** Returns when nothing is counted any more. */
  async end(): Promise<void> {
    this.isOver = true
    await this.counting
  }

  private async count(): Promise<void> {
    let bytes = 0
    try {
      for await (const entries of this.entriesSlowly()) {
        if (this.isOver) return
        for (const { size } of entries) bytes += size
      }
      this.bytesTotal = bytes
    } catch {
      // Who sums up meets the same, and says so.
    }
  }
}

/**
 * Who waits for which file's reading: however many ask for one path, it is read once. At most so many files are
 * read at a time, the others wait in the order in which they were asked for.
 *
 * A reading that has begun serves whoever asks while it runs; it says when it began. Who wants every byte read from
 * now on (`fresh`) is served only by a reading that has not begun: one path has at most one reading under way and
 * one waiting behind it.
 */
import type { FilePath } from '../../protocol/path.ts'
import type { OnProgress } from './block-hasher.ts'

const readingsAtOnceMax = 4

interface Reading<T> {
  readonly path: FilePath
  readonly askers: OnProgress[]
  bytesDone: number
  bytesTotal: number
  readonly result: Promise<T>
  readonly begin: () => Promise<void>
}

export class SharedReadings<T> {
  private readonly read: (path: FilePath, onProgress: OnProgress) => Promise<T>
  private readonly underWay = new Map<FilePath, Reading<T>>()
  private readonly waiting = new Map<FilePath, Reading<T>>()

  constructor(read: (path: FilePath, onProgress: OnProgress) => Promise<T>) {
    this.read = read
  }

  ask(path: FilePath, how: { fresh: boolean; onProgress?: OnProgress | undefined }): Promise<T> {
    const reading =
      (how.fresh ? undefined : this.underWay.get(path)) ?? this.waiting.get(path) ?? this.enqueue(path)
    if (how.onProgress !== undefined) {
      reading.askers.push(how.onProgress)
      how.onProgress(reading.bytesDone, reading.bytesTotal)
    }
    this.beginNext()
    return reading.result
  }

  /** Settles when nothing is read any more. */
  async drained(): Promise<void> {
    while (this.underWay.size > 0) {
      await Promise.allSettled([...this.underWay.values()].map(reading => reading.result))
    }
  }

  private enqueue(path: FilePath): Reading<T> {
    const { promise, resolve, reject } = withResolvers<T>()
    const onProgress: OnProgress = (bytesDone, bytesTotal) => {
      reading.bytesDone = bytesDone
      reading.bytesTotal = bytesTotal
      for (const tell of reading.askers) tell(bytesDone, bytesTotal)
    }
    const begin = () => this.read(path, onProgress).then(resolve, reject)
    const reading: Reading<T> = { path, askers: [], bytesDone: 0, bytesTotal: 0, result: promise, begin }
    this.waiting.set(path, reading)
    return reading
  }

  /** A map keeps its order: the first that waits and is not read already begins. */
  private beginNext(): void {
    for (const reading of this.waiting.values()) {
      if (this.underWay.size >= readingsAtOnceMax) return
      if (this.underWay.has(reading.path)) continue
      this.waiting.delete(reading.path)
      this.underWay.set(reading.path, reading)
      reading.begin().finally(() => {
        this.underWay.delete(reading.path)
        this.beginNext()
      })
    }
  }
}

function withResolvers<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((onResolved, onRejected) => {
    resolve = onResolved
    reject = onRejected
  })
  return { promise, resolve, reject }
}

/**
 * Hashes in worker threads. A file is cut into pieces; the files under way are served in turn, a piece each, so
 * that a huge one does not hold up a large one, and one file alone keeps every worker busy. Workers start with the
 * first file.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { blockCount, blockLength } from '../../protocol/digest.ts'
import { blockBytes, digestBytes } from '../../protocol/limits.ts'
import type { BlockHasher, OnProgress } from './block-hasher.ts'
import { DiskError, type Fd } from './disk.ts'
import type { Piece, PieceAnswer } from './hash-worker.ts'

const pieceBlocksMax = 16
/** Pieces that one worker has at once: the one it hashes, and the next. */
const piecesAheadMax = 2
const workersMax = 4

type Stopped = { readonly because: 'ended-early' } | { readonly because: 'error'; readonly error: unknown }

interface Job {
  readonly file: Fd
  readonly size: number
  readonly digests: Buffer
  readonly onProgress: OnProgress
  readonly resolve: (blockDigests: Buffer | null) => void
  readonly reject: (error: unknown) => void
  nextBlock: number
  bytesDone: number
  piecesOut: number
  /** Why the rest is left undone. */
  stopped: Stopped | null
}

interface Lane {
  readonly worker: Worker
  readonly pieces: Map<number, { readonly job: Job; readonly piece: Piece }>
}

export class HashWorkers implements BlockHasher {
  private readonly workerUrl: URL
  private readonly lanes: Lane[] = []
  /** Jobs with blocks that no worker has yet; the first is served next. */
  private readonly jobs: Job[] = []
  private nextPieceId = 0
  private closed = false

  /** `workerUrl`: the module hash-worker, as it lies in this build. */
  constructor(options: { workerUrl: URL }) {
    this.workerUrl = options.workerUrl
  }

  hash(file: Fd, size: number, onProgress: OnProgress): Promise<Buffer | null> {
    const blocks = blockCount(size)
    if (this.closed) return Promise.reject(new Error('the hasher is closed'))
    if (blocks === 0) return Promise.resolve(Buffer.alloc(0))
    const digests = Buffer.alloc(blocks * digestBytes)
    return new Promise((resolve, reject) => {
      const none = { nextBlock: 0, bytesDone: 0, piecesOut: 0, stopped: null }
      this.jobs.push({ file, size, digests, onProgress, resolve, reject, ...none })
      this.assign()
    })
  }

  async close(): Promise<void> {
    this.closed = true
    const stopped = { because: 'error', error: new Error('the hasher is closed') } as const
    for (const job of [...this.jobs]) this.stop(job, stopped)
    const lanes = this.lanes.splice(0)
    await Promise.all(lanes.map(lane => lane.worker.terminate()))
    for (const lane of lanes) this.failLane(lane, stopped)
  }

  /** Gives pieces to the workers until each has enough or none is left. */
  private assign(): void {
    this.startLanes()
    for (let depth = 1; depth <= piecesAheadMax; depth++) {
      for (const lane of this.lanes) {
        const job = lane.pieces.size < depth ? this.jobs.shift() : undefined
        if (job !== undefined) this.give(lane, job)
      }
    }
  }

  private give(lane: Lane, job: Job): void {
    const blocks = Math.min(pieceBlocksMax, blockCount(job.size) - job.nextBlock)
    const piece = { id: this.nextPieceId++, fd: job.file, size: job.size, firstBlock: job.nextBlock, blocks }
    job.nextBlock += blocks
    job.piecesOut++
    lane.pieces.set(piece.id, { job, piece })
    if (job.nextBlock < blockCount(job.size)) this.jobs.push(job)
    lane.worker.postMessage(piece)
  }

  private onAnswer(lane: Lane, answer: PieceAnswer): void {
    const { job, piece } = lane.pieces.get(answer.id)!
    lane.pieces.delete(answer.id)
    job.piecesOut--
    if (answer.is === 'hashed') {
      job.digests.set(answer.digests, piece.firstBlock * digestBytes)
      job.bytesDone +=
        (piece.blocks - 1) * blockBytes + blockLength(job.size, piece.firstBlock + piece.blocks - 1)
      job.onProgress(job.bytesDone, job.size)
      this.settle(job)
    } else if (answer.is === 'failed') {
      this.stop(job, { because: 'error', error: new DiskError(answer.errno, 'read') })
    } else {
      this.stop(job, { because: 'ended-early' })
    }
    this.assign()
  }

  private stop(job: Job, stopped: Stopped): void {
    job.stopped ??= stopped
    const at = this.jobs.indexOf(job)
    if (at >= 0) this.jobs.splice(at, 1)
    this.settle(job)
  }

  /** A job settles when nothing of it is with a worker, since its file is closed then. */
  private settle(job: Job): void {
    if (job.piecesOut > 0) return
    if (job.stopped?.because === 'error') job.reject(job.stopped.error)
    else if (job.stopped?.because === 'ended-early') job.resolve(null)
    else if (job.bytesDone === job.size) job.resolve(job.digests)
  }

  private startLanes(): void {
    const wanted = this.closed ? 0 : Math.max(1, Math.min(workersMax, availableParallelism() - 1))
    while (this.lanes.length < wanted) {
      const lane: Lane = { worker: new Worker(this.workerUrl), pieces: new Map() }
      lane.worker.on('message', (answer: PieceAnswer) => this.onAnswer(lane, answer))
      lane.worker.on('error', error => this.onWorkerGone(lane, error))
      this.lanes.push(lane)
    }
  }

  /** A worker that ended by itself is replaced with the next file. */
  private onWorkerGone(lane: Lane, error: unknown): void {
    const at = this.lanes.indexOf(lane)
    if (at >= 0) this.lanes.splice(at, 1)
    this.failLane(lane, { because: 'error', error })
    if (this.jobs.length > 0) this.assign()
  }

  private failLane(lane: Lane, stopped: Stopped): void {
    for (const { job } of lane.pieces.values()) {
      job.piecesOut--
      this.stop(job, stopped)
    }
    lane.pieces.clear()
  }
}

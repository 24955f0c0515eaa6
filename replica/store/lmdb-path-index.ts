/** The path index in LMDB. What could not be written stays in memory, and the next flush writes it again. */
import { ConcurError } from '../../protocol/errors.ts'
import type { FilePath } from '../../protocol/path.ts'
import { type Bytes, isHashed, keyOf, type LmdbEnvironment, type Part } from './lmdb-environment.ts'
import type { PathIndex, PathState } from './path-index.ts'
import { decodeSeq, decodeState, encodeSeq, encodeState } from './path-state.ts'
import { Unwritten } from './unwritten.ts'

const pieceMax = 1000
const settledKey = Buffer.from('settled')
/** Between the two lie the keys that are digests. */
const hashedRange: Range = { start: Buffer.of(0), end: Buffer.of(1) }
/** No byte of a path is 0xff. */
const wholeRange: Range = { start: Buffer.of(0), end: Buffer.of(0xff) }

interface Range {
  readonly start: Buffer
  readonly end: Buffer
}

export class LmdbPathIndex implements PathIndex, Part {
  private readonly environment: LmdbEnvironment
  private readonly states: Bytes
  private readonly positions: Bytes
  private readonly newStates = new Unwritten<FilePath, PathState>()
  private readonly newPositions = new Unwritten<'settled', number>()
  private settled: number | null
  private hasFailed = false

  constructor(environment: LmdbEnvironment) {
    this.environment = environment
    this.states = environment.database('states')
    this.positions = environment.database('positions')
    const settled = this.positions.getBinary(settledKey)
    this.settled = settled === undefined ? null : decodeSeq(settled)
    environment.add(this)
  }

  get settledSeq(): number | null {
    return this.settled
  }

  get(path: FilePath): PathState | null {
    const state = this.newStates.get(path)
    if (state !== undefined) return state
    const bytes = this.states.getBinaryFast(keyOf(path))
    return bytes === undefined ? null : (decodeState(bytes)?.state ?? null)
  }

  put(path: FilePath, state: PathState): void {
    this.newStates.put(path, state)
    this.environment.notice()
  }

  async *below(folder: FilePath): AsyncGenerator<(readonly [FilePath, PathState])[]> {
    const prefix = `${folder}/`
    // The byte behind `/` is `0`.
    const plain = { start: Buffer.from(prefix), end: Buffer.from(`${folder}0`) }
    yield* this.within([plain, hashedRange], path => path.startsWith(prefix))
  }

  every(): AsyncGenerator<(readonly [FilePath, PathState])[]> {
    return this.within([wholeRange], () => true)
  }

  setSettled(seq: number): void {
    this.settled = seq
    this.newPositions.put('settled', seq)
    this.environment.notice()
  }

  async flush(): Promise<void> {
    await this.environment.flush()
    if (this.hasFailed) throw new ConcurError('IO_ERROR', 'the index cannot be written')
  }

  get waiting(): number {
    return this.newStates.size + this.newPositions.size
  }

  begin(): readonly Promise<unknown>[] {
    const begun: Promise<unknown>[] = []
    for (const [path, state] of this.newStates.takeBatch()) {
      const key = keyOf(path)
      begun.push(this.states.put(key, encodeState(state, isHashed(key) ? path : null)))
    }
    for (const [, seq] of this.newPositions.takeBatch())
      begun.push(this.positions.put(settledKey, encodeSeq(seq)))
    return begun
  }

  end(isWritten: boolean): void {
    for (const part of [this.newStates, this.newPositions])
      if (isWritten) part.endBatch()
      else part.returnBatch()
    this.hasFailed = !isWritten && this.waiting > 0
  }

  private async *within(
    ranges: readonly Range[],
    isMeant: (path: FilePath) => boolean,
  ): AsyncGenerator<(readonly [FilePath, PathState])[]> {
    await this.flush()
    for (const { start, end } of ranges) {
      let from: Buffer | null = start
      while (from !== null) {
        const pairs = this.piece(from, end)
        const found = pairs.flatMap(({ key, value }) => {
          const decoded = decodeState(value)
          const path = isHashed(key) ? decoded?.path : (key.toString() as FilePath)
          return decoded && path && isMeant(path) ? [[path, decoded.state] as const] : []
        })
        if (found.length > 0) yield found
        from = pairs.length < pieceMax ? null : Buffer.concat([pairs.at(-1)!.key, Buffer.of(0)])
      }
    }
  }

  private piece(start: Buffer, end: Buffer): { key: Buffer; value: Buffer }[] {
    return [...this.states.getRange({ start, end, limit: pieceMax })]
  }
}

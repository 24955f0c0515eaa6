/**
 * Bytes that a coordinator sends ahead of their record. A stage lives as long as its stream, unless a record in the
 * journal names it: then it belongs to that record, and the stream ends. Clause: protocol/README.md "STAGE".
 */
import type { Digest } from '../protocol/digest.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { StageId } from '../protocol/ids.ts'
import type { Message } from '../protocol/opcodes.ts'
import type { ProgressReports } from '../protocol/progress-reports.ts'
import type { Stream } from '../protocol/stream.ts'
import { fencedBecause } from './fenced-because.ts'
import type { Stage, Store } from './store/store.ts'
import { diskRefusal } from './store/trouble.ts'

/** One stage, while its stream lives. */
class Staging {
  /** Settles when the bytes are durable, or will never be. */
  readonly whole: Promise<void>
  private readonly options: {
    store: Store
    id: StageId
    stream: Stream
    reports: ProgressReports
    onEnd: () => void
  }
  private readonly stage: Stage
  private state: 'coming' | 'sealing' | 'sealed' | 'ended' = 'coming'
  private sealed: { size: number; digest: Digest } | null = null
  private endWhole: () => void = () => {}
  private isNamed = false
  private isGone = false
  private isDurablyNamed = false

  /** @throws DiskError. */
  constructor(options: Staging['options']) {
    this.options = options
    this.stage = options.store.stages.open(options.id)
    this.whole = new Promise(resolve => {
      this.endWhole = resolve
    })
    options.stream.listen({
      onMessage: (message, _fin, bodyBytes) => this.hear(message, bodyBytes),
      onFailed: () => this.lose(),
    })
  }

  /** A record that names the stage is on its way into the journal, or (false) did not get there. */
  name(isNamed: boolean): void {
    this.isNamed = isNamed
  }

  /** A record that names the stage is durable. */
  belongsToRecord(): void {
    this.isDurablyNamed = true
    this.isNamed = true
    if (this.state === 'sealed') this.finish()
  }

  private hear(message: Message, bodyBytes: number): void {
    if (this.state !== 'coming') return
    try {
      if (message.opcode === 'CHUNK') {
        this.stage.write(message.body)
        this.options.stream.consumed(bodyBytes)
      } else if (message.opcode === 'SEAL') {
        this.seal(message.body).catch(error => this.fail(error))
      }
    } catch (error) {
      this.fail(error)
    }
  }

  private async seal(expected: { size: number; digest: Digest }): Promise<void> {
    this.state = 'sealing'
    // A slow disk is waited for as long as its node says that it is there.
    const report = this.options.reports.begin(this.options.stream)
    const sealed = await this.stage.seal().finally(() => report.end())
    if (sealed.size !== expected.size || sealed.digest !== expected.digest)
      throw new ConcurError('BAD_DIGEST', 'the bytes that came are not those of their SEAL')
    this.state = 'sealed'
    this.sealed = { size: sealed.size, digest: sealed.digest }
    if (this.isGone && !this.isNamed) return this.discard()
    this.endWhole()
    if (this.isGone) return this.end()
    this.options.stream.send('STAGED', this.sealed)
    if (this.isDurablyNamed) this.finish()
  }

  private finish(): void {
    this.options.stream.send('STAGED', this.sealed!, true)
    this.end()
  }

  private fail(error: unknown): void {
    this.options.stream.fail(diskRefusal(error))
    this.discard()
  }

  /** CANCEL, or the link is gone. While the bytes are being flushed that has to end first. */
  private lose(): void {
    this.isGone = true
    if (this.state === 'coming') this.discard()
    else if (this.state === 'sealed') this.isNamed ? this.end() : this.discard()
  }

  private discard(): void {
    if (this.state === 'ended') return
    this.stage.discard()
    this.options.store.stages.remove(this.options.id)
    this.end()
  }

  private end(): void {
    this.state = 'ended'
    this.endWhole()
    this.options.onEnd()
  }
}

export class Stagings {
  private readonly store: Store
  private readonly all = new Map<StageId, Staging>()

  constructor(store: Store) {
    this.store = store
  }

  onStage(id: StageId, { stream, reports }: { stream: Stream; reports: ProgressReports }): void {
    try {
      const refusal = fencedBecause(this.store)
      if (refusal !== null) throw refusal
      if (this.all.has(id) || this.store.stages.has(id))
        throw new ConcurError('ALREADY_EXISTS', 'a stage of this id is there')
      const onEnd = (): void => void this.all.delete(id)
      this.all.set(id, new Staging({ store: this.store, id, stream, reports, onEnd }))
    } catch (error) {
      stream.fail(diskRefusal(error))
    }
  }

  /** @returns when the stage is durable or will never be; null: nothing has to be waited for. */
  whole(id: StageId): Promise<void> | null {
    return this.all.get(id)?.whole ?? null
  }

  name(id: StageId, isNamed: boolean): void {
    this.all.get(id)?.name(isNamed)
  }

  belongsToRecord(id: StageId): void {
    this.all.get(id)?.belongsToRecord()
  }
}

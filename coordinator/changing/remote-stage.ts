/**
 * A stage on a replica, filled over its link. A disk may take long to make much durable: a replica that says so is waited
 * for, within bounds, since a disk that hangs says nothing itself. Clause: protocol/README.md "STAGE".
 */
import type { Connection } from '../../protocol/connection.ts'
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName, StageId } from '../../protocol/ids.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Cancel, Timers } from '../../protocol/world.ts'
import type { MemberStage } from './member.ts'

export interface RemoteStageOptions {
  readonly node: NodeName
  readonly connection: Connection
  readonly id: StageId
  readonly timers: Timers
  /** Milliseconds in which a replica takes what was given it, or says that it is still at it. */
  readonly patienceMs: number
  /** Milliseconds in which so many bytes become durable on the slowest disk. */
  readonly sealWithinMs: (bytes: number) => number
}

export class RemoteStage implements MemberStage {
  private readonly options: RemoteStageOptions
  private readonly stream: Stream
  private failure: ConcurError | null = null
  private isDurable = false
  private onNews: () => void = () => {}
  private onLife: () => void = () => {}

  constructor(options: RemoteStageOptions) {
    this.options = options
    this.stream = options.connection.request(
      'STAGE',
      { stage: options.id },
      {
        onMessage: message => {
          if (message.opcode === 'STAGED') this.isDurable = true
          this.onLife()
          this.onNews()
        },
        onFailed: error => {
          this.failure = new ConcurError(error.code, `${options.node}: ${error.message}`, { cause: error })
          this.onNews()
        },
      },
      true,
    )
  }

  async write(bytes: Buffer): Promise<void> {
    let hasLeft = false
    void this.stream.sendPiece('CHUNK', bytes).then(() => {
      hasLeft = true
      this.onNews()
    })
    await this.until(() => hasLeft, this.options.patienceMs)
  }

  async seal(size: number, digest: Digest): Promise<void> {
    void this.stream.sendFlow('SEAL', { size, digest }, true)
    await this.until(() => this.isDurable, this.options.sealWithinMs(size))
  }

  end(): void {
    this.stream.cancel()
  }

  /** @throws ConcurError what the replica said, or TIMEOUT when it is silent, or takes too long all the same. */
  private async until(holds: () => boolean, withinMs: number): Promise<void> {
    const { timers, patienceMs, node } = this.options
    let late: string | null = null
    const giveUpAfter = (ms: number, why: string): Cancel =>
      timers.after(ms, () => {
        late = `${node} ${why} for ${ms / 1000} s`
        this.onNews()
      })
    const callOff = giveUpAfter(Math.max(withinMs, patienceMs), 'has been busy with its disk')
    let callOffSilence: Cancel = () => {}
    this.onLife = () => {
      callOffSilence()
      callOffSilence = giveUpAfter(patienceMs, 'took no bytes')
    }
    this.onLife()
    try {
      for (;;) {
        if (this.failure !== null) throw this.failure
        if (holds()) return
        if (late !== null) throw this.giveUp(late)
        await new Promise<void>(resolve => {
          this.onNews = resolve
        })
      }
    } finally {
      this.onLife = () => {}
      callOff()
      callOffSilence()
    }
  }

  /** No record that names the stage has to wait for what will not come. */
  private giveUp(why: string): ConcurError {
    this.stream.cancel()
    return new ConcurError('TIMEOUT', why)
  }
}

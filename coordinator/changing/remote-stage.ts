/** A stage on a replica, filled over its link. Clause: protocol/README.md "STAGE". */
import type { Connection } from '../../protocol/connection.ts'
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName, StageId } from '../../protocol/ids.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Timers } from '../../protocol/world.ts'
import type { MemberStage } from './member.ts'

export interface RemoteStageOptions {
  readonly node: NodeName
  readonly connection: Connection
  readonly id: StageId
  readonly timers: Timers
  /** Milliseconds in which a replica takes what was given it. */
  readonly patienceMs: number
}

export class RemoteStage implements MemberStage {
  private readonly options: RemoteStageOptions
  private readonly stream: Stream
  private failure: ConcurError | null = null
  private isDurable = false
  private onNews: () => void = () => {}

  constructor(options: RemoteStageOptions) {
    this.options = options
    this.stream = options.connection.request(
      'STAGE',
      { stage: options.id },
      {
        onMessage: message => {
          if (message.opcode === 'STAGED') this.isDurable = true
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
    await this.until(() => hasLeft)
  }

  async seal(size: number, digest: Digest): Promise<void> {
    void this.stream.sendFlow('SEAL', { size, digest }, true)
    await this.until(() => this.isDurable)
  }

  end(): void {
    this.stream.cancel()
  }

  /** @throws ConcurError what the replica said, or TIMEOUT when it takes nothing. */
  private async until(holds: () => boolean): Promise<void> {
    const { timers, patienceMs, node } = this.options
    let isLate = false
    const callOff = timers.after(patienceMs, () => {
      isLate = true
      this.onNews()
    })
    try {
      for (;;) {
        if (this.failure !== null) throw this.failure
        if (holds()) return
        if (isLate) throw this.giveUp(`${node} took no bytes for ${patienceMs / 1000} s`)
        await new Promise<void>(resolve => {
          this.onNews = resolve
        })
      }
    } finally {
      callOff()
    }
  }
  /** No record that names the stage has to wait for what will not come. */
  private giveUp(why: string): ConcurError {
    this.stream.cancel()
    return new ConcurError('TIMEOUT', why)
  }
}

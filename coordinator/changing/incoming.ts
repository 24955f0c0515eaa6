/**
 * The bytes of a change as they come from the client: few are held here and ride beside the record; more go on to every
 * node of the in-sync set as they come. The client is as fast as the slowest node that keeps up; one that takes nothing for
 * too long leaves. Clause: protocol/README.md "CHANGE", DESIGN.md section 5.
 */

import { type Digest, DigestStream, digestOf } from '../../protocol/digest.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import { fileBytesMax, inlineBytesMax } from '../../protocol/limits.ts'
import type { ChangeBody } from '../../protocol/record.ts'
import type { Member, MemberStage } from './member.ts'

export interface Received {
  readonly size: number
  readonly digest: Digest
  readonly body: ChangeBody
  /** What rides beside the record; null: it is staged, or there is nothing. */
  readonly inline: Buffer | null
  /** Of a file that a node has, or had: whether it may be run; null where that is not known, or for its sender to say. */
  readonly executable: boolean | null
  /** The bytes are not wanted any more. */
  discard(): void
}

export interface IncomingOptions {
  /** The coordinator's own node. */
  readonly self: Member
  /** Who else is waited for now. */
  readonly others: () => readonly Member[]
  readonly newStageId: () => StageId
  /** A node that cannot take the bytes is not waited for any more. */
  readonly onLost: (member: Member, error: ConcurError) => void
}

interface Target {
  readonly member: Member
  readonly stage: MemberStage
}

export class Incoming {
  private readonly options: IncomingOptions
  private held: Buffer[] = []
  private size = 0
  private hash: DigestStream | null = null
  private stageId: StageId | null = null
  private targets: Target[] = []
  private isDiscarded = false

  constructor(options: IncomingOptions) {
    this.options = options
  }

  /**
   * Settles when more may come. @returns whether nobody has `bytes` any more: a few are kept here, and what a node did not
   * take in time may still be on its way. @throws ConcurError TOO_LARGE, NO_SPACE, IO_ERROR.
   */
  async take(bytes: Buffer): Promise<boolean> {
    this.assertWanted()
    this.size += bytes.length
    if (this.size > fileBytesMax) throw new ConcurError('TOO_LARGE', 'a file has at most 1 TiB')
    if (this.stageId === null) {
      this.held.push(bytes)
      if (this.size <= inlineBytesMax) return false
      await this.goAhead()
      return true
    }
    this.hash!.update(bytes)
    const { targets } = this
    await this.forward(bytes)
    return this.targets === targets
  }

  /** All has come. @throws ConcurError BAD_DIGEST when it is not what the client says, or what a disk refuses. */
  async finish(size: number, digest: Digest): Promise<Received> {
    this.assertWanted()
    const found = this.hash === null ? digestOf(Buffer.concat(this.held)) : this.hash.finish()
    if (this.size !== size || found.digest !== digest)
      throw new ConcurError('BAD_DIGEST', 'what arrived is not what the client sent')
    const { stageId } = this
    if (stageId !== null) await this.each(({ stage }) => stage.seal(size, digest))
    const inline = stageId === null && size > 0 ? Buffer.concat(this.held) : null
    const discard = () => this.discard()
    return { size, digest, body: { bytes: size, stage: stageId }, inline, executable: null, discard }
  }

  /** Harmless when repeated. */
  discard(): void {
    this.isDiscarded = true
    for (const { stage } of this.targets.splice(0)) stage.end()
    this.held = []
  }

  /** What still comes behind a failure would open stages that nobody ends. */
  private assertWanted(): void {
    if (this.isDiscarded) throw new ConcurError('UNREACHABLE', 'the bytes are not wanted any more')
  }

  /** From here on the bytes go to the nodes as they come. */
  private async goAhead(): Promise<void> {
    const { self, others, newStageId, onLost } = this.options
    const id = newStageId()
    this.stageId = id
    this.hash = new DigestStream()
    this.targets.push({ member: self, stage: self.openStage(id) })
    for (const member of others()) {
      try {
        this.targets.push({ member, stage: member.openStage(id) })
      } catch (error) {
        onLost(member, asConcurError(error))
      }
    }
    const held = Buffer.concat(this.held)
    this.held = []
    this.hash.update(held)
    await this.forward(held)
  }

  private forward(bytes: Buffer): Promise<void> {
    return this.each(({ stage }) => stage.write(bytes))
  }

  /** The coordinator's own failure is the change's; another node's is its own. */
  private async each(step: (target: Target) => Promise<void>): Promise<void> {
    const { self, onLost } = this.options
    let failure: unknown = null
    await Promise.all(
      [...this.targets].map(async target => {
        try {
          await step(target)
        } catch (error) {
          if (target.member === self) failure = error
          else if (this.targets.includes(target)) {
            this.targets = this.targets.filter(other => other !== target)
            onLost(target.member, asConcurError(error))
          }
        }
      }),
    )
    if (failure !== null) throw failure
  }
}

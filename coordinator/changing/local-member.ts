/** The coordinator's own node as a change sees it. */

import type { Place } from '../../protocol/change-messages.ts'
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName, StageId } from '../../protocol/ids.ts'
import type { FilePath } from '../../protocol/path.ts'
import { DiskError } from '../../replica/store/disk.ts'
import type { Stage, Stages } from '../../replica/store/staging.ts'
import { diskRefusal } from '../../replica/store/trouble.ts'
import { LocalNode } from '../local-node.ts'
import type { Member, MemberStage } from './member.ts'

export class LocalMember extends LocalNode implements Member {
  survey(paths: readonly FilePath[]): Promise<readonly Place[]> {
    return Promise.all(paths.map(path => this.store.survey(path)))
  }

  openStage(id: StageId): MemberStage {
    try {
      return new LocalStage(this.name, this.store.stages, id)
    } catch (error) {
      throw refusalOn(this.name, error)
    }
  }
}

class LocalStage implements MemberStage {
  private readonly node: NodeName
  private readonly stages: Stages
  private readonly id: StageId
  private readonly stage: Stage
  private state: 'open' | 'sealing' | 'sealed' = 'open'
  private isUnwanted = false

  /** @throws DiskError. */
  constructor(node: NodeName, stages: Stages, id: StageId) {
    this.node = node
    this.stages = stages
    this.id = id
    this.stage = stages.open(id)
  }

  async write(bytes: Buffer): Promise<void> {
    try {
      this.stage.write(bytes)
    } catch (error) {
      throw refusalOn(this.node, error)
    }
  }

  async seal(_size: number, digest: Digest): Promise<void> {
    this.state = 'sealing'
    try {
      const sealed = await this.stage.seal()
      this.state = 'sealed'
      if (this.isUnwanted) this.remove()
      if (sealed.digest !== digest)
        throw new ConcurError('BAD_DIGEST', 'the bytes are not those of their digest')
    } catch (error) {
      throw refusalOn(this.node, error)
    }
  }

  /** While it is being sealed that has to end first. */
  end(): void {
    this.isUnwanted = true
    if (this.state === 'open') this.stage.discard()
    else if (this.state === 'sealed') this.remove()
  }

  /** What cannot be removed now is swept by the next start. */
  private remove(): void {
    try {
      this.stages.remove(this.id)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
  }
}

/** @returns what this node's disk refuses, with the node's name. */
function refusalOn(node: NodeName, cause: unknown): ConcurError {
  const refusal = diskRefusal(cause)
  return refusal === cause
    ? refusal
    : new ConcurError(refusal.code, `${refusal.message} on ${node}`, { cause })
}

/** The coordinator's own node as a change sees it. */

import type { Place } from '../../protocol/change-messages.ts'
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Stage } from '../../replica/store/store.ts'
import { diskRefusal } from '../../replica/store/trouble.ts'
import { LocalNode } from '../local-node.ts'
import type { Member, MemberStage } from './member.ts'

export class LocalMember extends LocalNode implements Member {
  survey(paths: readonly FilePath[]): Promise<readonly Place[]> {
    return Promise.all(paths.map(path => this.store.survey(path)))
  }

  openStage(id: StageId): MemberStage {
    try {
      return new LocalStage(this.store.stages.open(id))
    } catch (error) {
      throw diskRefusal(error)
    }
  }
}

class LocalStage implements MemberStage {
  private readonly stage: Stage

  constructor(stage: Stage) {
    this.stage = stage
  }

  async write(bytes: Buffer): Promise<void> {
    try {
      this.stage.write(bytes)
    } catch (error) {
      throw diskRefusal(error)
    }
  }

  async seal(_size: number, digest: Digest): Promise<void> {
    try {
      const sealed = await this.stage.seal()
      if (sealed.digest !== digest)
        throw new ConcurError('BAD_DIGEST', 'the bytes are not those of their digest')
    } catch (error) {
      throw diskRefusal(error)
    }
  }

  end(): void {
    this.stage.discard()
  }
}

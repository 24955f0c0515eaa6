/** A replica as a change sees it, over its link. Clause: protocol/README.md "SURVEY", "STAGE". */
import type { Place } from '../../protocol/change-messages.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import { blockBytes } from '../../protocol/limits.ts'
import type { FilePath } from '../../protocol/path.ts'
import { RemoteNode } from '../remote-node.ts'
import type { Member, MemberStage } from './member.ts'
import { RemoteStage } from './remote-stage.ts'

/** Milliseconds in which a replica takes the bytes that it was sent, or says that it is still at it. */
const stagePatienceMs = 10_000
/** Milliseconds in which a disk makes bytes durable, if it makes any: a minute, and a second for each MiB. */
const sealWithinMs = (bytes: number): number => 60_000 + (1_000 * bytes) / blockBytes

export class RemoteMember extends RemoteNode implements Member {
  survey(paths: readonly FilePath[]): Promise<readonly Place[]> {
    return this.askOnce('SURVEY', { paths: [...paths] }, message =>
      message.opcode === 'SURVEYED' && message.body.places.length === paths.length
        ? message.body.places
        : new ConcurError('BAD_FRAME', `${this.name} says nothing of some paths`),
    )
  }

  openStage(id: StageId): MemberStage {
    const connection = this.openConnection()
    return new RemoteStage({
      node: this.name,
      connection,
      id,
      timers: this.timers,
      patienceMs: stagePatienceMs,
      sealWithinMs,
    })
  }
}

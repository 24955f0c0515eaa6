/**
 * What a change needs of a node of the in-sync set beside its copy, which is a Node: where it would come to lie, and room
 * for bytes that go ahead of their record. The coordinator's own node and a replica over its link are asked alike.
 */
import type { Place } from '../../protocol/change-messages.ts'
import type { Digest } from '../../protocol/digest.ts'
import type { StageId } from '../../protocol/ids.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Node } from '../node.ts'

export interface Member extends Node {
  /** One place for each path. @throws ConcurError UNREACHABLE when the node is lost or silent. */
  survey(paths: readonly FilePath[]): Promise<readonly Place[]>
  /** @throws ConcurError, of whatever kind, when there is no room. */
  openStage(id: StageId): MemberStage
}

/** Bytes on their way into one node. A call that is rejected is the last one. */
export interface MemberStage {
  /** Settles when more may come. `bytes` is not changed any more. */
  write(bytes: Buffer): Promise<void>
  /** Settles when everything is durable. @throws ConcurError NO_SPACE, IO_ERROR, BAD_DIGEST, UNREACHABLE. */
  seal(size: number, digest: Digest): Promise<void>
  /** The bytes are not wanted any more, unless a record names them. */
  end(): void
}

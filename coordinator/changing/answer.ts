/** What a client is told of its change: who has it, who is behind, what was kept and what gave way. Pure. */
import type { Done, Outcome } from '../../protocol/change-messages.ts'
import type { Digest } from '../../protocol/digest.ts'
import type { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { frameBodyBytesMax, reasonBytesMax } from '../../protocol/limits.ts'
import type { FilePath } from '../../protocol/path.ts'
import { type Change, opTypeOf } from '../../protocol/record.ts'

/** Bytes of an answer that are left for what was kept: the rest of it always fits. */
const keptBytesMax = frameBodyBytesMax / 2

export interface NodeState {
  readonly node: NodeName
  /** It has settled the record. */
  readonly hasSettled: boolean
  /** Why it has not; reads on from its name. */
  readonly reason: string
  readonly behindOps: number | null
}

export interface Ending {
  readonly change: Change
  /** What a renamed file is, as far as that is known; null for anything else. */
  readonly moved: { readonly digest: Digest | null; readonly size: number | null } | null
  readonly epoch: number
  readonly seq: number
  /** Every configured node, in order. */
  readonly nodes: readonly NodeState[]
  readonly outcomes: ReadonlyMap<NodeName, Outcome>
  /** Why it is not over, though it exists. */
  readonly error: ConcurError | null
}

export function doneOf({ change, moved, epoch, seq, nodes, outcomes, error }: Ending): Done {
  const kept = nodes.flatMap(({ node }) => (outcomes.get(node)?.kept ?? []).map(one => ({ node, ...one })))
  const keepers = new Set(kept.map(({ node }) => node))
  const settled = nodes.filter(({ hasSettled, node }) => hasSettled || keepers.has(node))
  return {
    op: { epoch, seq, type: clientsTypeOf(change), path: pathOf(change) },
    digest: 'digest' in change ? change.digest : (moved?.digest ?? null),
    size: 'size' in change ? change.size : (moved?.size ?? 0),
    applied: settled.filter(({ node }) => !keepers.has(node)).map(({ node }) => node),
    behind: nodes
      .filter(one => !settled.includes(one))
      .map(({ node, reason, behindOps }) => ({ node, reason, behindOps })),
    kept: fitting(kept),
    replaced: nodes.flatMap(({ node }) => {
      const all = outcomes.get(node)?.replaced ?? []
      // There may be many; what the records had not made is what a person does not expect.
      const one = all.find(({ cause }) => cause !== null) ?? all[0]
      return one === undefined ? [] : [{ node, digest: one.digest, cause: one.cause }]
    }),
    of: nodes.length,
    error: error === null ? null : { code: error.code, message: error.message },
    outcome: 'committed',
  }
}

/** There was nothing to do. */
export function nothingDone(configured: number): Done {
  const none = { applied: [], behind: [], kept: [], replaced: [] }
  return { op: null, digest: null, size: 0, ...none, of: configured, error: null, outcome: 'committed' }
}

/** Of an operation that is sent again too late. */
export const forgottenMessage = 'it was sent again too late: its result is not kept any more'

/** Nobody can tell whether it was done. */
export function unknownDone(configured: number, message: string): Done {
  return { ...nothingDone(configured), error: { code: 'TIMEOUT', message }, outcome: 'unknown' }
}

function clientsTypeOf(change: Change) {
  const type = opTypeOf(change)
  if (type === null) throw new Error(`${change.type} is no client's operation`)
  return type
}

function pathOf(change: Change): FilePath {
  if (change.type === 'rename') return change.to
  if ('path' in change) return change.path
  if ('lockedPath' in change) return change.lockedPath
  throw new Error(`${change.type} has no path`)
}

/** The first of each node is always there; of the others, as many as there is room for. */
function fitting(kept: Done['kept']): Done['kept'] {
  const told = new Set<NodeName>()
  let bytes = 0
  return kept.filter(({ node, path, reason }) => {
    const isFirst = !told.has(node)
    told.add(node)
    bytes += Buffer.byteLength(path) + Math.min(reasonBytesMax, Buffer.byteLength(reason)) + 64
    return isFirst || bytes <= keptBytesMax
  })
}

/** `adopt` and `revert`: what somebody changed on one node's disk becomes everybody's, or gives way to what was written. */
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { Verdict } from '../../protocol/messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import { type ConditionOptions, conditionsOf } from './change-conditions.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { makeChange, reportRefusal } from './make-change.ts'
import { orRefuse } from './or-refuse.ts'
import { readPath } from './path-argument.ts'
import { readVerdict } from './versions.ts'
import { wantedAgain } from './wanted-again.ts'
import { wantedCopy } from './wanted-copy.ts'

export type OneEditOptions = ConditionOptions & { readonly node: NodeName | null }

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export function adopt(context: CommandContext, typed: string, options: OneEditOptions): Promise<ExitStatus> {
  return withOneEdit(context, typed, options, async (path, node, verdict) => {
    if (verdict.missing.includes(node))
      throw new ConcurError(
        'NOT_FOUND',
        `not on ${node}; where that is meant, concur rm deletes it everywhere`,
      )
    return makeChange(context, wantedCopy({ path, conditions: conditionsOf(options) }, node))
  })
}

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export function revert(context: CommandContext, typed: string, options: OneEditOptions): Promise<ExitStatus> {
  return withOneEdit(context, typed, options, async (path, _, { lastOp }) => {
    if (lastOp === null)
      throw new ConcurError(
        'CONFLICT',
        'it was never changed through the servers: concur resolve makes the copies one',
      )
    const { entries } = await context.client.past(path, lastOp.seq)
    const own = entries.find(entry => entry.path === path)
    if (own === undefined) throw new ConcurError('NOT_FOUND', 'what was written there is not known')
    return makeChange(context, wantedAgain(own, conditionsOf(options)))
  })
}

async function withOneEdit(
  context: CommandContext,
  typed: string,
  { node }: OneEditOptions,
  settle: (path: FilePath, node: NodeName, verdict: Verdict) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  if (node === null) throw new ConcurError('USAGE', '--node NODE says whose disk it is')
  const path = readPath(typed)
  if (path instanceof ConcurError) {
    await reportRefusal(context, typed, path)
    return 2
  }
  return orRefuse(context, path.path, async () => {
    const verdict = await readVerdict(context, path.path)
    assertOneEdit(verdict, node)
    return settle(path.path, node, verdict)
  })
}

/** @throws ConcurError where that node's copy is as it was written, or another one's is not either. */
function assertOneEdit({ versions, missing, unreachable, error }: Verdict, node: NodeName): void {
  if (error !== null && versions.length === 0) throw new ConcurError(error.code, error.message)
  if (unreachable.includes(node)) throw new ConcurError('UNREACHABLE', `${node} did not answer`)
  const deviating = versions.flatMap(({ cause, copies }) =>
    cause === null && error === null ? [] : copies.map(copy => copy.node),
  )
  const known = [...versions.flatMap(({ copies }) => copies.map(copy => copy.node)), ...missing]
  if (!known.includes(node))
    throw new ConcurError('USAGE', `no node is called ${node}; the nodes are ${known.join(', ')}`)
  const others = deviating.filter(other => other !== node)
  if (others.length > 0)
    throw new ConcurError(
      'CONFLICT',
      `${others.join(' and ')} differs as well: concur resolve makes the copies one`,
    )
  if (!deviating.includes(node) && !missing.includes(node))
    throw new ConcurError('PRECONDITION_FAILED', `on ${node} it is as it was written`)
}

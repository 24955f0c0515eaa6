/** CHECK: whether a path is free, the client's own, or somebody else's. Clause: protocol/README.md "LOCK". */
import type { BodyOf } from '../protocol/opcodes.ts'
import { beginRequestLine } from '../replica/program/request-line.ts'
import type { LockDesk } from './on-lock.ts'
import type { RequestContext } from './request.ts'

export type CheckDesk = Pick<LockDesk, 'locks'> & { readonly cluster: Pick<LockDesk['cluster'], 'refusal'> }

/** A coordinator that takes no changes does not know who holds what. */
export function onCheck(desk: CheckDesk, { path }: BodyOf<'CHECK'>, context: RequestContext): void {
  const { client, stream } = context
  const endLine = beginRequestLine(context, 'check', path)
  const refused = desk.cluster.refusal()
  if (refused !== null) {
    endLine({ code: refused.code })
    return stream.fail(refused)
  }
  const state = desk.locks.stateOf(path, client)
  endLine({ verdict: state.state })
  stream.send('LOCK_IS', state, true)
}

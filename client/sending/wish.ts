/** What a client wants changed, before it is an operation. */
import type { ChangeRequest } from '../../protocol/change-messages.ts'
import type { Operation } from '../../protocol/record.ts'

type WithoutBytes<W> = W extends unknown ? Omit<W, 'bytes'> : never

/** What is to be changed, and under which conditions. */
export interface Wish {
  readonly what: WithoutBytes<ChangeRequest['what']>
  readonly ifMatch?: ChangeRequest['ifMatch']
  readonly ifAbsent?: boolean
  readonly ack?: ChangeRequest['ack']
  readonly fence?: ChangeRequest['fence']
}

/** @returns the request of every attempt. `bytes`: how many follow, where that is known. */
export function requestOf(
  { what, ...conditions }: Wish,
  operation: Operation,
  bytes: number | null,
): ChangeRequest {
  const withBytes =
    what.type === 'put' || what.type === 'append' || what.type === 'resolve' ? { ...what, bytes } : what
  return {
    operation,
    ifMatch: conditions.ifMatch ?? null,
    ifAbsent: conditions.ifAbsent ?? false,
    ack: conditions.ack ?? null,
    fence: conditions.fence ?? null,
    what: withBytes as ChangeRequest['what'],
  }
}

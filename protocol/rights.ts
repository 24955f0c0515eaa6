/** What wants more than the key of a client. Clause: README.md "Keys". */
import type { Hello, Rights } from './messages.ts'
import type { BodyOf, ClientOpcode, Request } from './opcodes.ts'

/** @returns what the peer that has proven itself may do; `isOpen`: this server asks nobody for a key. */
export function rightsOf({ role, claim }: Hello, isOpen: boolean): Rights {
  if (isOpen) return 'admin'
  const claimed = role === 'client' ? claim?.key : claim?.rights
  return claimed === 'admin' ? 'admin' : 'client'
}

const never = (): boolean => false

/** Of everything that a client may ask: when it ends what others hold, or changes so much that one slip costs a lot. */
const adminsAlone: { readonly [K in ClientOpcode]: (body: BodyOf<K>) => boolean } = {
  READ: never,
  LIST: never,
  STATUS: never,
  CHANGE: ({ what }) => what.type === 'resolve' && what.amongMany,
  LOG: never,
  WAIT: never,
  VERIFY: never,
  LOCK: never,
  UNLOCK: ({ steal }) => steal,
  CHECK: never,
  EXAMINE: never,
  PAST: never,
  CONTENT: never,
  HISTORY: never,
  PRUNE: ({ seqMax }) => seqMax !== null,
}

/** Whether a request of a client wants the rights of an admin. What only nodes ask wants a node instead. */
export function wantsAdmin({ opcode, body }: Request): boolean {
  if (!Object.hasOwn(adminsAlone, opcode)) return false
  const wants = adminsAlone[opcode as ClientOpcode] as (body: unknown) => boolean
  return wants(body)
}

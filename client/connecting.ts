/**
 * Finding a server: the addresses are tried in the order given, each with the same patience for its dial and its
 * HELLO together.
 */
import { addressText } from '../protocol/addresses.ts'
import { Connection } from '../protocol/connection.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { ClientId } from '../protocol/ids.ts'
import type { Hello } from '../protocol/messages.ts'
import type { DialerKey } from '../protocol/proof.ts'
import type { Address, Dialer, Timers, Transport } from '../protocol/world.ts'
import { systemReason } from './words/system-reason.ts'

/** Milliseconds for one address. */
export const connectWithinMs = 2_000

export interface ConnectOptions {
  readonly servers: readonly Address[]
  readonly clientId: ClientId
  /** What it proves itself with, and its servers have to; null: no server has to prove anything. */
  readonly key?: DialerKey | null
  readonly dialer: Dialer
  readonly timers: Timers
}

export interface Connected {
  readonly address: Address
  readonly connection: Connection
  readonly transport: Transport
  /** What the server says of itself. */
  readonly peer: Hello
}

/** No address led to a server that takes us: nothing was asked, whatever the request. */
export class NoServerError extends ConcurError {}

/** Called for each connection that is made, before its server has said a word: what is asked now leaves with our HELLO. */
export type OnDialled = (connection: Connection) => void

/** @throws NoServerError naming every address and its reason. */
export async function connectToFirst(options: ConnectOptions, onDialled: OnDialled): Promise<Connected> {
  const failures: { address: Address; error: unknown }[] = []
  for (const address of options.servers) {
    try {
      return await connectTo(address, options, onDialled)
    } catch (error) {
      failures.push({ address, error })
    }
  }
  const refusal = failures.find(({ error }) => error instanceof ConcurError && error.code !== 'UNREACHABLE')
  const code = refusal === undefined ? 'UNREACHABLE' : (refusal.error as ConcurError).code
  const reasons = failures.map(({ address, error }) => `${addressText(address)} (${systemReason(error)})`)
  throw new NoServerError(code, `no server answers at ${reasons.join(', ')}`)
}

function connectTo(
  address: Address,
  { clientId, key = null, dialer, timers }: ConnectOptions,
  onDialled: OnDialled,
): Promise<Connected> {
  return new Promise((resolve, reject) => {
    let isOver = false
    let dialled: Transport | null = null
    const end = (settle: () => void) => {
      isOver = true
      giveUp()
      settle()
    }
    const giveUp = timers.after(connectWithinMs, () => {
      dialled?.destroy()
      end(() => reject(new ConcurError('UNREACHABLE', `no answer within ${connectWithinMs / 1000} s`)))
    })
    const converse = (transport: Transport) => {
      if (isOver) return transport.destroy()
      dialled = transport
      const connection = new Connection({
        transport,
        side: 'dialer',
        timers,
        hello: { ...nothingOfANode, role: 'client', clientId },
        key,
        events: {
          onOpen: peer => end(() => resolve({ address, connection, transport, peer })),
          onClosed: error => end(() => reject(error)),
        },
      })
      onDialled(connection)
    }
    dialer.dial(address, connectWithinMs).then(converse, error => end(() => reject(error)))
  })
}

const nothingOfANode = {
  name: null,
  nodeId: null,
  clusterId: null,
  listenPort: null,
  members: [],
  epoch: null,
  lastSeq: null,
} as const

/**
 * What may be said when. A connection waits for HELLO, is open, and has ended; where keys are in use, the acceptor waits
 * for the dialer's proof in between, and the dialer for the answer to it. In each state each side admits certain frames,
 * and any other is the peer's mistake. The dialer opens streams, the acceptor answers on them.
 * Clause: README.md "Sessions".
 */
import { ConcurError } from './errors.ts'
import type { Hello } from './messages.ts'
import { type Opcode, opcodes } from './opcodes.ts'

/** The wire versions that this program speaks. */
export const wireVersions = { min: 1, max: 1 } as const

export type Side = 'dialer' | 'acceptor'
export type SessionState = 'awaiting-hello' | 'awaiting-proof' | 'proven' | 'open' | 'ended'

const moves: Record<SessionState, readonly SessionState[]> = {
  'awaiting-hello': ['awaiting-proof', 'proven', 'open', 'ended'],
  'awaiting-proof': ['open', 'ended'],
  proven: ['open', 'ended'],
  open: ['ended'],
  ended: [],
}

/**
 * @returns the new state.
 * @throws Error for a move that is not in the table: our own mistake.
 */
export function moveSession(from: SessionState, to: SessionState): SessionState {
  if (!moves[from].includes(to)) throw new Error(`a session does not go from ${from} to ${to}`)
  return to
}

/** @throws ConcurError BAD_FRAME when `side` may not be told `opcode` in `state`. */
export function assertAdmitted(state: SessionState, side: Side, opcode: Opcode): void {
  if (!isAdmitted(state, side, opcode))
    throw new ConcurError('BAD_FRAME', `${opcode} to the ${side}, which is ${state}`)
}

function isAdmitted(state: SessionState, side: Side, opcode: Opcode): boolean {
  if (opcode === 'GOAWAY') return true
  switch (state) {
    case 'awaiting-hello':
      return opcode === 'HELLO' || (opcode === 'CHALLENGE' && side === 'dialer')
    case 'awaiting-proof':
      return opcode === 'PROOF'
    case 'proven':
      return opcode === 'HELLO' || opcode === 'PROOF'
    case 'open':
      return isAdmittedWhenOpen(side, opcode)
    case 'ended':
      return false
  }
}

function isAdmittedWhenOpen(side: Side, opcode: Opcode): boolean {
  switch (opcodes[opcode].kind) {
    case 'connection':
      return opcode === 'HEARTBEAT' && side === 'dialer'
    case 'stream':
      return true
    case 'request':
    case 'upload':
      return side === 'acceptor'
    case 'content':
      return true
    case 'answer':
      return side === 'dialer'
  }
}

/**
 * @returns the version that both speak, the highest.
 * @throws ConcurError UNSUPPORTED_VERSION, naming both ranges.
 */
export function chooseVersion(peer: Pick<Hello, 'versionMin' | 'versionMax'>): number {
  const version = Math.min(peer.versionMax, wireVersions.max)
  if (version >= Math.max(peer.versionMin, wireVersions.min)) return version
  const ours = `${wireVersions.min} to ${wireVersions.max}`
  const theirs = `${peer.versionMin} to ${peer.versionMax}`
  throw new ConcurError('UNSUPPORTED_VERSION', `this side speaks wire versions ${ours}, the other ${theirs}`)
}

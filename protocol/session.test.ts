import { type Kind, opcodes } from './opcodes.ts'
import {
  assertAdmitted,
  chooseVersion,
  moveSession,
  type SessionState,
  type Side,
  wireVersions,
} from './session.ts'

const states: readonly SessionState[] = ['awaiting-hello', 'awaiting-proof', 'proven', 'open', 'ended']

test('a session waits for HELLO, and for a proof where keys are in use, is open, and has ended; any other move is our own mistake, with both names', () => {
  const moves = states.flatMap(from =>
    states.flatMap(to => {
      try {
        return [`${from} → ${moveSession(from, to)}`]
      } catch (error) {
        expect((error as Error).message).toBe(`a session does not go from ${from} to ${to}`)
        return []
      }
    }),
  )
  expect(moves).toEqual([
    'awaiting-hello → awaiting-proof',
    'awaiting-hello → proven',
    'awaiting-hello → open',
    'awaiting-hello → ended',
    'awaiting-proof → open',
    'awaiting-proof → ended',
    'proven → open',
    'proven → ended',
    'open → ended',
  ])
})

/** What each side admits in each state. */
function admitted(state: SessionState, side: Side): string[] {
  return (Object.keys(opcodes) as (keyof typeof opcodes)[]).filter(opcode => {
    try {
      assertAdmitted(state, side, opcode)
      return true
    } catch {
      return false
    }
  })
}

test('the table of what may be said when', () => {
  const rulers = ['CREDIT', 'CANCEL', 'ERROR']
  const ofKind = (...kinds: Kind[]) =>
    Object.entries(opcodes).flatMap(([name, { kind }]) => (kinds.includes(kind) ? [name] : []))
  expect(admitted('awaiting-hello', 'dialer')).toEqual(['HELLO', 'GOAWAY', 'CHALLENGE'])
  expect(admitted('awaiting-proof', 'acceptor')).toEqual(['GOAWAY', 'PROOF'])
  expect(admitted('proven', 'dialer')).toEqual(['HELLO', 'GOAWAY', 'PROOF'])
  expect(admitted('awaiting-hello', 'acceptor')).toEqual(['HELLO', 'GOAWAY'])
  expect(admitted('open', 'acceptor')).toEqual([
    'GOAWAY',
    ...rulers,
    ...ofKind('request', 'upload', 'content'),
  ])
  expect(admitted('open', 'dialer')).toEqual([
    'GOAWAY',
    'HEARTBEAT',
    ...rulers,
    ...ofKind('answer', 'content'),
  ])
  expect(admitted('ended', 'dialer')).toEqual(['GOAWAY'])
  expect(admitted('ended', 'acceptor')).toEqual(['GOAWAY'])
})

test.each([
  [1, 1, 1],
  [0, 1, 1],
  [1, 255, 1],
])('a peer that speaks %d to %d is answered with version %d', (versionMin, versionMax, version) => {
  expect(chooseVersion({ versionMin, versionMax })).toBe(version)
  expect(wireVersions.min).toBeLessThanOrEqual(version)
})

test.each([
  [2, 2],
  [0, 0],
  [2, 1],
])('a peer that speaks %d to %d is refused', (versionMin, versionMax) => {
  expect(() => chooseVersion({ versionMin, versionMax })).toThrow('this side speaks wire versions 1 to 1')
})

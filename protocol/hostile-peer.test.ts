/** A whole connection whose peer sends anything: what comes out is frames that may come, GOAWAY last, and nothing is thrown. */
import { DrivenConnection } from '../fixtures/driven-connection.ts'
import { SeededChance } from '../fixtures/seeded-chance.ts'
import { SpoiltStreams } from '../fixtures/spoilt-frames.ts'
import { readFrames } from '../fixtures/wire-frames.ts'
import { goawayWithinMsMax, helloWithinMsMax } from './limits.ts'
import { type Opcode, opcodes } from './opcodes.ts'
import type { Side } from './session.ts'

const streamsPerState = 15_000

const { stackTraceLimit } = Error
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

/** What a side may say that nobody has asked for anything: none of it is an answer or a request. */
const mayBeSaid = new Set<Opcode>(
  (Object.keys(opcodes) as Opcode[]).filter(
    opcode => opcodes[opcode].kind === 'connection' || opcode === 'ERROR',
  ),
)

/** Bytes that are said for one frame that was heard: HELLO and GOAWAY, or a refusal. */
const saidBytesMax = 512

const states = [
  ['acceptor', 'before HELLO'],
  ['acceptor', 'behind HELLO'],
  ['dialer', 'before HELLO'],
  ['dialer', 'behind HELLO'],
] as const

test.each(states)(`${streamsPerState} spoilt streams to the %s %s`, async (side: Side, when) => {
  const streams = new SpoiltStreams()
  const outcomes = { open: 0, ended: 0 }
  for (let seed = 1; seed <= streamsPerState; seed++) {
    const chance = new SeededChance(seed)
    const driven = new DrivenConnection({ side })
    if (when === 'behind HELLO') driven.hearHello({ role: side === 'acceptor' ? 'client' : 'replica' })
    const spoilt = streams.next(chance)
    for (let at = 0; at < spoilt.length; ) {
      const to = at + 1 + chance.below(spoilt.length)
      driven.transport.deliver(spoilt.subarray(at, to))
      at = to
    }
    if (chance.below(4) === 0) driven.transport.endByPeer()
    if (seed % 500 === 0) await driven.said()
    outcomes[driven.connection.isOpen ? 'open' : 'ended']++
    assertOrderly(driven, `seed ${seed}`)
  }
  expect(outcomes.ended).toBeGreaterThan(streamsPerState / 4)
  if (when === 'behind HELLO') expect(outcomes.open).toBeGreaterThan(streamsPerState / 50)
})

/** @throws Error where more came out than may; ends the connection, and looks that nothing of it stays. */
function assertOrderly(driven: DrivenConnection, seed: string): void {
  const { transport, time, connection } = driven
  const wasOpen = connection.isOpen
  time.passAtOnce(helloWithinMsMax + goawayWithinMsMax)
  const said = readFrames(transport.written)
  const goaway = said.findIndex(({ opcode }) => opcode === 'GOAWAY')
  const faults = [
    said.some(({ opcode }) => !mayBeSaid.has(opcode)) && `${said.map(({ opcode }) => opcode)} was said`,
    goaway >= 0 && goaway !== said.length - 1 && 'something was said behind GOAWAY',
    transport.written.length > saidBytesMax * (said.length + 1) &&
      `${transport.written.length} bytes were said`,
    !wasOpen && !/^(end,)+destroy$/.test(`${transport.happened}`) && `${transport.happened} happened`,
  ].filter(fault => fault !== false)
  transport.close(null)
  if (driven.closed.length !== 1) faults.push(`it was closed ${driven.closed.length} times`)
  if (driven.connection.streamCount > 0) faults.push(`${driven.connection.streamCount} streams are left`)
  if (time.timerCount > 0) faults.push(`${time.timerCount} timers are left`)
  if (faults.length > 0) throw new Error(`${seed}: ${faults.join('; ')}`)
}

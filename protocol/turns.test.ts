/** What one dialer wants at once is worked on in turns: others have theirs in between, and what is made of it is bounded. */
import { DrivenConnection } from '../fixtures/driven-connection.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { frameBytes } from '../fixtures/wire-frames.ts'
import type { NodeName } from './ids.ts'
import {
  framesPerTurnMax,
  nodesMax,
  reasonBytesMax,
  turnMsMax,
  unsentBytesMax,
  unsentBytesPause,
} from './limits.ts'
import { ShortTurns } from './short-turns.ts'

const count = 20 * framesPerTurnMax
const requests = Buffer.concat(
  Array.from({ length: count }, (_, place) => frameBytes('STATUS', {}, { stream: place + 1, fin: true })),
)

const details = Array.from({ length: nodesMax }, () => ({
  node: 'server1' as NodeName,
  reason: 'x'.repeat(reasonBytesMax),
  behindOps: null,
}))
const nobodyElse = { versions: [], missing: [], stale: [], unreachable: [], error: null, lastOp: null }

/** An acceptor that answers each request with so many reasons, 1 KiB each. */
async function answering(reasons: number): Promise<DrivenConnection> {
  const driven = new DrivenConnection({
    side: 'acceptor',
    streamsMax: count,
    onAsked: ({ stream }) =>
      stream.send('VERDICT', { verdict: 'ERROR', ...nobodyElse, details: details.slice(0, reasons) }, true),
  })
  return driven.open('client')
}

test('of many requests that arrive at once a turn works on some, and reads no more until it has worked on all', async () => {
  const driven = await answering(0)
  driven.transport.deliver(requests)
  expect(driven.asked.length).toBe(framesPerTurnMax)
  expect(driven.transport.happened).toEqual(['pause'])
  await turns(1)
  expect(driven.asked.length).toBe(2 * framesPerTurnMax)
  await turns(30)
  expect(driven.asked.length).toBe(count)
  expect(driven.asked.map(({ stream }) => stream.id)).toEqual(
    Array.from({ length: count }, (_, place) => place + 1),
  )
  expect(driven.transport.happened.at(-1)).toBe('resume')
})

test('while much waits for a client, none of what it has asked already is worked on', async () => {
  const answerBytes = nodesMax * reasonBytesMax
  const driven = await answering(nodesMax)
  driven.transport.deliver(requests)
  await turns(100)
  const made = driven.asked.length * answerBytes
  expect(made).toBeGreaterThanOrEqual(unsentBytesPause)
  expect(made).toBeLessThan(1.2 * unsentBytesPause)
  expect(framesPerTurnMax * answerBytes).toBeGreaterThan(1.2 * unsentBytesPause)
  expect(count * answerBytes).toBeGreaterThan(unsentBytesMax)
  while (driven.asked.length < count) expect((await driven.said()).length).toBeGreaterThan(0)
  expect(driven.connection.isOpen).toBe(true)
})

test('what arrives meanwhile comes behind it, in its order', async () => {
  const driven = await answering(0)
  const half = requests.length / 2 + 5
  driven.transport.deliver(requests.subarray(0, half))
  driven.transport.deliver(requests.subarray(half))
  await turns(30)
  expect(driven.asked.map(({ stream }) => stream.id)).toEqual(
    Array.from({ length: count }, (_, place) => place + 1),
  )
})

test('a client that ends its half behind its requests has all of them worked on first', async () => {
  const driven = await answering(0)
  driven.transport.deliver(requests)
  driven.transport.endByPeer()
  expect(driven.connection.isOpen).toBe(true)
  await turns(30)
  expect(driven.asked.length).toBe(count)
  expect(driven.connection.isOpen).toBe(false)
  expect(driven.transport.happened.at(-1)).toBe('end')
})

test('a connection that is lost has nothing more worked on', async () => {
  const driven = await answering(0)
  driven.transport.deliver(requests)
  driven.transport.close(new Error('a reset'))
  await turns(30)
  expect(driven.asked.length).toBe(framesPerTurnMax)
  expect(driven.closed).toHaveLength(1)
})

test('a mistake behind many requests ends the connection where it stands', async () => {
  const driven = await answering(0)
  driven.transport.deliver(Buffer.concat([requests, Buffer.alloc(12)]))
  await turns(30)
  expect(driven.asked.length).toBe(count)
  const said = await driven.said()
  expect(said.at(-1)).toMatchObject({ opcode: 'GOAWAY', body: { code: 'BAD_FRAME' } })
})

describe('of many dialers', () => {
  const dialers = 10
  let time: FakeTime
  let opened: DrivenConnection[]

  /** Each request that is worked on takes half a turn. */
  beforeEach(async () => {
    time = new FakeTime()
    const shared = new ShortTurns({ clock: time, timers: time })
    const onAsked = () => time.passAtOnce(turnMsMax / 2)
    const all = Array.from({ length: dialers }, () =>
      new DrivenConnection({ side: 'acceptor', turns: shared, onAsked }).open('client'),
    )
    opened = await Promise.all(all)
    await turns(2)
  })

  const asked = () => opened.map(({ asked }) => asked.length)
  const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0)

  test('who ask in the same moment, a turn works on what fits into its time; the others come behind, in order', async () => {
    for (const driven of opened) driven.hear('STATUS', {}, { stream: 1, fin: true })
    expect(asked()).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    await turns(1)
    expect(asked()).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    await turns(4)
    expect(sum(asked())).toBe(dialers)
  })

  test('one who asks for much leaves the rest of it for another turn', async () => {
    const [first] = opened as [DrivenConnection]
    first.transport.deliver(requests.subarray(0, 10 * (requests.length / count)))
    expect(first.asked.length).toBe(2)
    await turns(10)
    expect(first.asked.length).toBe(10)
  })

  test('who end in the same moment, all are gone in the end, and those that wait for it are not heard any more', async () => {
    time.passAtOnce(turnMsMax)
    opened[0]!.hear('STATUS', {}, { stream: 1, fin: true })
    time.passAtOnce(turnMsMax)
    for (const driven of opened) {
      driven.transport.endByPeer()
      driven.transport.close(null)
    }
    await turns(dialers)
    expect(opened.map(({ closed }) => closed.length)).toEqual(Array(dialers).fill(1))
  })
})

/** What bounds the work and the patience of a server over all its connections. */
import { DrivenConnection } from '../fixtures/driven-connection.ts'
import { FakeTime } from '../fixtures/fake-time.ts'
import type { ReadFrame } from '../fixtures/wire-frames.ts'
import { ConcurError } from './errors.ts'
import type { Nonce } from './ids.ts'
import { chunkBytesMax, idleWithinMsMax, rateWithinMs } from './limits.ts'
import type { BodyOf } from './opcodes.ts'
import { parsePath } from './path.ts'
import { type GateBounds, RequestGate } from './request-gate.ts'

const onStream = (stream: number) => ({ stream, fin: true })
const saidBy = async (driven: DrivenConnection) => (await driven.said()).map(summary)

function summary({ opcode, stream, body }: ReadFrame): string {
  return opcode === 'ERROR' ? `ERROR ${stream} ${(body as ConcurError).code}` : `${opcode} ${stream}`
}

const gateOf = (bounds: Partial<GateBounds>, clock = new FakeTime()) =>
  new RequestGate({
    bounds: { requestsMax: 9, carryingMax: 9, carryingPerConnectionMax: 9, ...bounds },
    clock,
  })

const read = { path: 'a', deep: false, bodies: 'all', from: null, lastOp: false } as never

async function acceptor(gate: RequestGate, role: 'client' | 'coordinator' = 'client') {
  return new DrivenConnection({ side: 'acceptor', gate }).open(role)
}

describe('requests at work', () => {
  const waiting: [string, BodyOf<'LOG'> | BodyOf<'WAIT'>][] = [
    ['LOG', { path: 'a' as never, sinceSeq: null, last: null, follow: true }],
    ['WAIT', { path: 'a' as never, timeoutMs: 1_000 }],
  ]

  test('are bounded over all connections: the next is BUSY, begun by nobody, until one has ended', async () => {
    const gate = gateOf({ requestsMax: 2 })
    const [first, second] = [await acceptor(gate), await acceptor(gate)]
    first.hear('STATUS', {}, onStream(1))
    second.hear('STATUS', {}, onStream(1))
    second.hear('STATUS', {}, onStream(2))
    expect(await saidBy(second)).toEqual(['ERROR 2 BUSY'])
    expect(second.asked).toHaveLength(1)
    first.asked[0]!.stream.fail(new ConcurError('NOT_FOUND', ''))
    second.hear('STATUS', {}, onStream(3))
    expect(await saidBy(second)).toEqual([])
    expect(second.asked).toHaveLength(2)
  })

  test('that carry bytes of files are bounded on one connection, and over all, until one has ended', async () => {
    const gate = gateOf({ carryingMax: 3, carryingPerConnectionMax: 2 })
    const [first, second] = [await acceptor(gate), await acceptor(gate)]
    for (const stream of [1, 2, 3]) first.hear('READ', read, onStream(stream))
    first.hear('READ', { ...(read as object), bodies: 'none' } as never, onStream(4))
    expect(await saidBy(first)).toEqual(['ERROR 3 BUSY'])
    for (const stream of [1, 2]) second.hear('READ', read, onStream(stream))
    expect(await saidBy(second)).toEqual(['ERROR 2 BUSY'])
    first.hear('CANCEL', {}, onStream(1))
    second.hear('READ', read, onStream(3))
    first.hear('READ', read, onStream(5))
    expect(await saidBy(second)).toEqual([])
    expect(await saidBy(first)).toEqual(['ERROR 5 BUSY'])
  })

  test('do not count any more once their connection is lost, or they were called off', async () => {
    const gate = gateOf({ requestsMax: 2 })
    const lost = await acceptor(gate)
    lost.hear('STATUS', {}, onStream(1))
    lost.transport.close(null)
    const driven = await acceptor(gate)
    driven.hear('STATUS', {}, onStream(1))
    driven.hear('CANCEL', {}, onStream(1))
    driven.hear('STATUS', {}, onStream(2))
    driven.hear('STATUS', {}, onStream(3))
    driven.hear('STATUS', {}, onStream(4))
    expect(await saidBy(driven)).toEqual(['ERROR 4 BUSY'])
  })

  test.each(waiting)(
    '%s, which may wait for long and holds nothing, does not count',
    async (opcode, body) => {
      const driven = await acceptor(gateOf({ requestsMax: 1 }))
      for (const stream of [1, 2]) driven.hear(opcode as 'LOG', body as BodyOf<'LOG'>, onStream(stream))
      driven.hear('STATUS', {}, onStream(3))
      expect(await saidBy(driven)).toEqual([])
      expect(driven.asked).toHaveLength(3)
    },
  )

  test('of a coordinator do not count: links have reserved capacity', async () => {
    const driven = await acceptor(gateOf({ requestsMax: 0 }), 'coordinator')
    driven.hear('JOURNAL_AT', { seq: 1 }, onStream(1))
    expect(await saidBy(driven)).toEqual([])
  })
})

describe('a request that carries bytes of files, whose client does nothing', () => {
  const large = Buffer.alloc(8 * chunkBytesMax)
  let clock: FakeTime
  let gate: RequestGate
  beforeEach(() => {
    clock = new FakeTime()
    gate = gateOf({ carryingMax: 1 }, clock)
  })

  const change: BodyOf<'CHANGE'> = {
    operation: { nonce: '00'.repeat(16) as Nonce, counter: 1, floor: 0 },
    ifMatch: null,
    ifAbsent: false,
    ack: null,
    fence: null,
    what: { type: 'put', path: parsePath('a'), bytes: null, executable: null },
  }

  async function reading() {
    const driven = await acceptor(gate)
    driven.hear('READ', read, onStream(1))
    const { stream } = driven.asked[0]!
    const failed: string[] = []
    stream.listen({ onMessage() {}, onFailed: error => failed.push(error.code) })
    void stream.sendPiece('CHUNK', large)
    await driven.said()
    return { driven, failed }
  }

  /** @returns how another one fares that asks for a place. */
  async function next(): Promise<string[]> {
    const driven = await acceptor(gate)
    driven.hear('READ', read, onStream(1))
    return saidBy(driven)
  }

  test('gives way to another one once it has been slow for long enough, and both are told', async () => {
    const { driven, failed } = await reading()
    clock.passAtOnce(rateWithinMs)
    // The first of it went at once: that was fast enough.
    expect(await next()).toEqual(['ERROR 1 BUSY'])
    clock.passAtOnce(rateWithinMs - 1)
    expect(await next()).toEqual(['ERROR 1 BUSY'])
    clock.passAtOnce(1_000)
    expect(await next()).toEqual([])
    expect(failed).toEqual(['TIMEOUT'])
    expect(await saidBy(driven)).toEqual(['ERROR 1 TIMEOUT'])
  })

  test('keeps its place, however slow, while nobody else wants it', async () => {
    const { driven, failed } = await reading()
    for (let i = 0; i < 20; i++) clock.passAtOnce(rateWithinMs)
    expect(await saidBy(driven)).toEqual([])
    expect(failed).toEqual([])
  })

  test('keeps its place where it took some of it meanwhile', async () => {
    const { driven, failed } = await reading()
    clock.passAtOnce(rateWithinMs)
    expect(await next()).toEqual(['ERROR 1 BUSY'])
    driven.hear('CREDIT', { bytes: 2 * chunkBytesMax }, { stream: 1, fin: false })
    await driven.said()
    clock.passAtOnce(rateWithinMs)
    expect(await next()).toEqual(['ERROR 1 BUSY'])
    expect(failed).toEqual([])
  })

  test('keeps its place where it is our turn', async () => {
    const driven = await acceptor(gate)
    driven.hear('READ', read, onStream(1))
    clock.passAtOnce(2 * rateWithinMs)
    expect(await next()).toEqual(['ERROR 1 BUSY'])
  })

  test('gives way, too, where it has to send', async () => {
    const driven = await acceptor(gate)
    driven.hear('CHANGE', change, { stream: 1, fin: false })
    clock.passAtOnce(rateWithinMs)
    expect(await next()).toEqual([])
    expect(await saidBy(driven)).toEqual(['ERROR 1 TIMEOUT'])
  })
})

describe('a client that asks for nothing', () => {
  test('is let go after ten minutes, in order', async () => {
    const driven = await acceptor(gateOf({}))
    driven.time.passAtOnce(idleWithinMsMax - 1)
    expect(driven.connection.isOpen).toBe(true)
    driven.time.passAtOnce(1)
    expect(await saidBy(driven)).toEqual(['GOAWAY 0'])
  })

  test('is kept while something of its is under way, or was asked meanwhile', async () => {
    const driven = await acceptor(gateOf({}))
    driven.hear('STATUS', {}, onStream(1))
    for (let i = 0; i < 3; i++) driven.time.passAtOnce(idleWithinMsMax)
    expect(driven.connection.isOpen).toBe(true)
    driven.asked[0]!.stream.fail(new ConcurError('NOT_FOUND', ''))
    driven.hear('STATUS', {}, onStream(2))
    driven.asked[1]!.stream.fail(new ConcurError('NOT_FOUND', ''))
    driven.time.passAtOnce(idleWithinMsMax)
    expect(driven.connection.isOpen).toBe(true)
    driven.time.passAtOnce(idleWithinMsMax)
    expect(driven.connection.isOpen).toBe(false)
  })

  test('may be a node’s link, which stays', async () => {
    const driven = await acceptor(gateOf({}), 'coordinator')
    for (let i = 0; i < 3; i++) driven.time.passAtOnce(idleWithinMsMax)
    expect(driven.connection.isOpen).toBe(true)
  })
})

import { DrivenConnection, nobody } from '../fixtures/driven-connection.ts'
import { heartbeatOf, neverJournaled } from '../fixtures/message-bodies.ts'
import { headerBytes, type ReadFrame } from '../fixtures/wire-frames.ts'
import type { Digest } from './digest.ts'
import { ConcurError } from './errors.ts'
import type { Frame } from './frame.ts'
import type { Incarnation, Nonce, StageId } from './ids.ts'
import type { Hello } from './messages.ts'
import { type BodyOf, opcodes, type RequestOpcode } from './opcodes.ts'
import { parsePath } from './path.ts'
import { noHash } from './record.ts'
import { uploads } from './upload.ts'

const path = parsePath('file1.txt')
const read = { path, deep: false, bodies: 'none', from: null, lastOp: false } as const
const notFound = {
  verdict: 'ERROR',
  versions: [],
  missing: [],
  stale: [],
  unreachable: [],
  details: [],
  lastOp: null,
  error: { code: 'NOT_FOUND', message: 'not on server1' },
} as const
const onStream = (stream: number) => ({ stream, fin: true })

const summary = ({ opcode, stream, body }: ReadFrame) =>
  'code' in body ? `${opcode} ${stream} ${body.code}` : `${opcode} ${stream}`

/** What a connection says when its peer made a mistake. */
async function goaway(driven: DrivenConnection): Promise<string> {
  const last = (await driven.said()).at(-1)
  if (last?.opcode !== 'GOAWAY') throw new Error(`said ${last?.opcode ?? 'nothing'} last`)
  const { code, message } = last.body as { code: string; message: string }
  expect(driven.connection.isOpen).toBe(false)
  expect(driven.transport.happened).toEqual(['end'])
  return `${code}: ${message}`
}

describe('HELLO', () => {
  test('is the dialer’s first word, with the versions that it speaks, and the acceptor answers with the one chosen', async () => {
    const dialer = new DrivenConnection({ side: 'dialer' })
    const hello = { ...nobody, versionMin: 1, versionMax: 1, claim: null }
    expect(await dialer.said()).toEqual([
      { opcode: 'HELLO', stream: 0, fin: true, body: { ...hello, role: 'client' } },
    ])
    const acceptor = new DrivenConnection({ side: 'acceptor' })
    expect(await acceptor.said()).toEqual([])
    acceptor.hearHello({ versionMin: 0, versionMax: 9 })
    expect(await acceptor.said()).toEqual([
      { opcode: 'HELLO', stream: 0, fin: true, body: { ...hello, role: 'replica' } },
    ])
  })

  test.each(['acceptor', 'dialer'] as const)('that does not come within 5 s ends the %s', async side => {
    const driven = new DrivenConnection({ side })
    driven.time.passAtOnce(4_999)
    expect(driven.transport.happened).toEqual([])
    driven.time.passAtOnce(1)
    expect(await goaway(driven)).toBe('TIMEOUT: no HELLO in time')
  })

  test('need not be waited for: a dialer asks behind its own, and hears the answer, or that it is turned away', async () => {
    for (const [isTaken, heard] of [
      [true, ['VERDICT']],
      [false, ['BUSY']],
    ] as const) {
      const dialer = new DrivenConnection({ side: 'dialer' })
      const events: string[] = []
      dialer.connection.request('READ', read, {
        onMessage: ({ opcode }) => events.push(opcode),
        onFailed: ({ code }) => events.push(code),
      })
      expect((await dialer.said()).map(summary)).toEqual(['HELLO 0', 'READ 1'])
      if (isTaken) {
        dialer.hearHello({ role: 'coordinator' })
        dialer.hear('VERDICT', notFound, onStream(1))
      } else {
        dialer.hear('GOAWAY', { code: 'BUSY', message: 'too many' }, { stream: 0, fin: true })
      }
      expect(events).toEqual(heard)
    }
  })

  test('that comes in time leaves no timer behind', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('coordinator')
    driven.time.passAtOnce(600_000)
    expect(driven.connection.isOpen).toBe(true)
    expect(driven.time.timerCount).toBe(0)
  })

  test.each([
    [2, 3],
    [0, 0],
    [3, 1],
  ])(
    'of a peer that speaks %d to %d is turned away, and both ranges are named',
    async (versionMin, versionMax) => {
      const driven = new DrivenConnection({ side: 'acceptor' })
      driven.hearHello({ versionMin, versionMax })
      const message = `this side speaks wire versions 1 to 1, the other ${versionMin} to ${versionMax}`
      expect(await goaway(driven)).toBe(`UNSUPPORTED_VERSION: ${message}`)
    },
  )

  test('of a peer who is not welcome is answered with GOAWAY alone', async () => {
    const onOpen = () => {
      throw new ConcurError('WRONG_CLUSTER', 'belongs to another cluster')
    }
    const driven = new DrivenConnection({ side: 'acceptor', onOpen })
    driven.hearHello({ role: 'coordinator' })
    expect((await driven.said()).map(summary)).toEqual(['GOAWAY 0 WRONG_CLUSTER'])
  })

  test('is the acceptor’s first word, whatever it wants to report at once', async () => {
    const heartbeat = heartbeatOf()
    const driven = new DrivenConnection({ side: 'acceptor', onOpen: own => own.sendHeartbeat(heartbeat) })
    driven.hearHello({ role: 'coordinator' })
    driven.connection.sendHeartbeat(heartbeat)
    expect((await driven.said()).map(summary)).toEqual(['HELLO 0', 'HEARTBEAT 0'])
  })
})

describe('a mistake of the peer ends the connection', () => {
  const chunkHeader = headerBytes({ length: 262_144, stream: 1, opcode: opcodes.CHUNK.number, flags: 0 })

  test('a request before HELLO', async () => {
    const driven = new DrivenConnection({ side: 'acceptor' })
    driven.hear('READ', read, onStream(1))
    expect(await goaway(driven)).toBe('BAD_FRAME: READ to the acceptor, which is awaiting-hello')
  })

  test('HELLO twice', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    driven.hearHello({})
    expect(await goaway(driven)).toBe('BAD_FRAME: HELLO to the acceptor, which is open')
  })

  test('HEARTBEAT to an acceptor', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    driven.hear('HEARTBEAT', heartbeatOf(), onStream(0))
    expect(await goaway(driven)).toBe('BAD_FRAME: HEARTBEAT to the acceptor, which is open')
  })

  test('an answer to an acceptor, on its header alone', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    driven.transport.deliver(
      headerBytes({ length: 262_144, stream: 1, opcode: opcodes.ROWS.number, flags: 0 }),
    )
    expect(await goaway(driven)).toBe('BAD_FRAME: ROWS to the acceptor, which is open')
  })

  test('anything but HELLO or GOAWAY to who waits for HELLO, on its header alone', async () => {
    const driven = new DrivenConnection({ side: 'dialer' })
    driven.transport.deliver(chunkHeader)
    expect(await goaway(driven)).toBe('BAD_FRAME: CHUNK to the dialer, which is awaiting-hello')
  })

  test('a request to a dialer', async () => {
    const driven = await new DrivenConnection({ side: 'dialer' }).open('replica')
    driven.hear('STATUS', {}, onStream(1))
    expect(await goaway(driven)).toBe('BAD_FRAME: STATUS to the dialer, which is open')
  })

  test.each([
    ['a stream that is opened twice', 7],
    ['a stream with a lower number than one before', 3],
  ])('%s', async (_, second) => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    driven.hear('STATUS', {}, onStream(7))
    driven.hear('STATUS', {}, onStream(second))
    expect(await goaway(driven)).toBe(`BAD_FRAME: stream ${second} is opened again`)
  })

  test('a frame on a stream that was never opened, by the peer or by us', async () => {
    const acceptor = await new DrivenConnection({ side: 'acceptor' }).open('client')
    acceptor.hear('STATUS', {}, onStream(1))
    acceptor.hear('CREDIT', { bytes: 1 }, { stream: 2, fin: false })
    expect(await goaway(acceptor)).toBe('BAD_FRAME: CREDIT on a stream that was never opened')
    const dialer = await new DrivenConnection({ side: 'dialer' }).open('replica')
    dialer.hear('COPY', neverJournaled({ is: 'absent' }), onStream(1))
    expect(await goaway(dialer)).toBe('BAD_FRAME: COPY on a stream that was never opened')
  })

  test('a body that is not of its opcode’s grammar', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    const header = headerBytes({ length: 1, stream: 1, opcode: opcodes.READ.number, flags: 1 })
    driven.transport.deliver(Buffer.concat([header, Buffer.alloc(1)]))
    expect(await goaway(driven)).toBe('BAD_FRAME: a body that ends too early')
  })

  test('a path that is none in an answer, which the acceptor should know better', async () => {
    const driven = await new DrivenConnection({ side: 'dialer', role: 'coordinator' }).open('replica')
    driven.connection.request(
      'WALK',
      { path, recursive: true, buckets: null },
      { onMessage() {}, onFailed() {} },
    )
    const entry = {
      escaped: false,
      path: '../a' as never,
      type: 'file',
      size: 1,
      mtimeMs: 1,
      digest: null,
    } as const
    driven.hear('ENTRIES', { entries: [entry] }, { stream: 1, fin: false })
    expect(await goaway(driven)).toBe('BAD_PATH: not a path: .. as a part')
  })

  test('a frame that a splice held back, and which turns out to be malformed', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    const held: Frame[] = []
    driven.connection.spliceWith(frame => held.push({ ...frame, body: Buffer.from(frame.body) }) > 0)
    const header = headerBytes({ length: 1, stream: 1, opcode: opcodes.READ.number, flags: 1 })
    driven.transport.deliver(Buffer.concat([header, Buffer.alloc(1)]))
    expect(driven.connection.isOpen).toBe(true)
    driven.connection.hear(held[0]!)
    expect(await goaway(driven)).toBe('BAD_FRAME: a body that ends too early')
  })

  test('and nothing that comes behind it is heard', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    driven.hearHello({})
    driven.hear('STATUS', {}, onStream(1))
    await driven.said()
    expect(driven.asked).toEqual([])
  })
})

describe('a request that is refused does not touch the others', () => {
  test('more streams at once than are allowed are answered BUSY, until one has ended', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor', streamsMax: 2 }).open('client')
    for (const stream of [1, 2, 3]) driven.hear('STATUS', {}, onStream(stream))
    expect((await driven.said()).map(summary)).toEqual(['ERROR 3 BUSY'])
    driven.asked[0]!.stream.fail(new ConcurError('NOT_FOUND', ''))
    driven.hear('STATUS', {}, onStream(4))
    expect((await driven.said()).map(summary)).toEqual(['ERROR 1 NOT_FOUND'])
    expect(driven.asked.map(({ stream }) => stream.id)).toEqual([1, 2, 4])
    expect(driven.connection.streamCount).toBe(2)
  })

  test('a path that is none is BAD_PATH on its stream', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    driven.hear('READ', { ...read, path: '.concur/x' as never }, onStream(1))
    driven.hear('READ', read, onStream(2))
    expect((await driven.said()).map(summary)).toEqual(['ERROR 1 BAD_PATH'])
    expect(driven.asked.map(({ stream }) => stream.id)).toEqual([2])
  })

  const ofClients = [
    ...(['READ', 'LIST', 'STATUS', 'CHANGE', 'LOCK', 'UNLOCK', 'CHECK', 'EXAMINE'] as const),
    ...(['LOG', 'WAIT', 'VERIFY', 'HISTORY', 'PRUNE', 'PAST', 'CONTENT'] as const),
  ] as const
  const ofCoordinators = [
    'CONDITION',
    'LOOK',
    'FETCH',
    'WALK',
    'SUM',
    'RESTATE',
    'SURVEY',
    'STAGE',
    'JOURNAL_AT',
    'FOLLOW',
    'SUPPLY',
    'REPLAY',
    'RECALL',
    'HAD',
    'FORGET',
  ] as const
  const mayAsk: Record<Hello['role'], readonly RequestOpcode[]> = {
    client: ofClients,
    relay: ofClients,
    coordinator: ofCoordinators,
    replica: [],
  }
  const digest = `b3:${'0'.repeat(64)}` as Digest
  const id = '0'.repeat(32)
  const operation = { nonce: id as Nonce, counter: 1, floor: 0 }
  const bodies: { readonly [K in RequestOpcode]: BodyOf<K> } = {
    READ: read,
    LIST: { path, recursive: false, compare: false },
    STATUS: {},
    CHANGE: {
      operation,
      ifMatch: null,
      ifAbsent: false,
      ack: null,
      fence: null,
      what: { type: 'mkdir', path, parents: false },
    },
    LOCK: { ...{ operation, path, ttlMs: 1_000 }, waitMs: 0, token: null },
    UNLOCK: { operation, path, steal: false, token: null },
    CHECK: { path },
    EXAMINE: {},
    CONDITION: {},
    LOG: { path, sinceSeq: null, last: null, follow: false },
    WAIT: { path, timeoutMs: 1 },
    LOOK: { path, deep: false, settledSeq: 0 },
    FETCH: { path, digest, blocks: null },
    WALK: { path, recursive: false, buckets: null },
    SUM: { path, deep: false },
    VERIFY: { path, deep: false },
    HISTORY: { path },
    PRUNE: { path, olderMs: 0, seqMax: null },
    RESTATE: { epoch: { number: 1, incarnation: id as Incarnation }, committedSeq: 0 },
    SURVEY: { paths: [path] },
    STAGE: { stage: id as StageId },
    JOURNAL_AT: { seq: 1 },
    FOLLOW: {
      epoch: { number: 1, incarnation: id as Incarnation },
      afterSeq: 0,
      afterHash: noHash,
      committedSeq: 0,
      isFork: false,
      journalKeep: 1,
      historyMs: null,
    },
    SUPPLY: { seq: 1, size: 0, digest },
    REPLAY: { afterSeq: 0 },
    PAST: { path, at: null },
    CONTENT: { path, at: 1, digest, size: null },
    RECALL: { path, at: 1, digest, size: null },
    HAD: { path },
    FORGET: { path, olderMs: 0, seqMax: 0, isDone: false },
  }

  test.each(Object.keys(mayAsk) as Hello['role'][])(
    'what a %s may not ask is FORBIDDEN on its stream',
    async role => {
      const driven = await new DrivenConnection({ side: 'acceptor' }).open(role)
      const opcodesAsked = Object.keys(bodies) as RequestOpcode[]
      for (const [at, opcode] of opcodesAsked.entries())
        driven.hear(opcode, bodies[opcode], {
          stream: at + 1,
          fin: opcode === 'CHANGE' || !(opcode in uploads),
        })
      const forbidden = (await driven.said()).map(frame => [
        summary(frame),
        (frame.body as { message: string }).message,
      ])
      const expected = opcodesAsked.flatMap((opcode, at) => {
        if (mayAsk[role].includes(opcode)) return []
        return [[`ERROR ${at + 1} FORBIDDEN`, `a ${role} may not ask for ${opcode}`]]
      })
      expect(forbidden).toEqual(expected)
      expect(driven.asked.map(({ request }) => request.opcode)).toEqual(mayAsk[role])
    },
  )

  test('frames for a stream that has ended are let pass', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    driven.hear('STATUS', {}, onStream(5))
    driven.asked[0]!.stream.fail(new ConcurError('BUSY', ''))
    driven.hear('CREDIT', { bytes: 1 }, { stream: 5, fin: false })
    driven.hear('CANCEL', {}, onStream(5))
    driven.hear('CANCEL', {}, onStream(2))
    expect((await driven.said()).map(summary)).toEqual(['ERROR 5 BUSY'])
    expect(driven.connection.isOpen).toBe(true)
  })
})

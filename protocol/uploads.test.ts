/** What follows a request from its sender, at an acceptor whose peer is the test. */
import { DrivenConnection } from '../fixtures/driven-connection.ts'
import { changeOf, putOf } from '../fixtures/message-bodies.ts'
import type { ReadFrame } from '../fixtures/wire-frames.ts'
import { digestOf } from './digest.ts'
import { ConcurError } from './errors.ts'
import type { Incarnation, StageId } from './ids.ts'
import { chunkBytesMax, streamCreditBytes } from './limits.ts'
import type { BodyOf, Opcode, RequestOpcode } from './opcodes.ts'
import { type FilePath, wholeTree } from './path.ts'
import { noHash } from './record.ts'
import { uploads } from './upload.ts'

const empty = digestOf(Buffer.alloc(0)).digest
const id = '0'.repeat(32)

/** The requests that something follows. */
const followed = {
  CHANGE: putOf('a'),
  STAGE: { stage: id as StageId },
  FOLLOW: {
    epoch: { number: 1, incarnation: id as Incarnation },
    afterSeq: 0,
    afterHash: noHash,
    committedSeq: 0,
    isFork: false,
    journalKeep: 1,
    historyMs: null,
  },
  SUPPLY: { seq: 1, size: 0, digest: empty },
  RESTATE: { epoch: { number: 1, incarnation: id as Incarnation }, committedSeq: 0 },
} as const
type Followed = keyof typeof followed

/** Some that nothing follows. */
const whole: { readonly [K in RequestOpcode]?: BodyOf<K> } = {
  READ: { path: 'a' as FilePath, deep: false, bodies: 'none', from: null, lastOp: false },
  STATUS: {},
  LOG: { path: wholeTree, sinceSeq: null, last: null, follow: true },
  CHANGE: changeOf({ type: 'mkdir', path: 'a' as FilePath, parents: false }),
  JOURNAL_AT: { seq: 0 },
  REPLAY: { afterSeq: 0 },
}

const pieces: { readonly [K in Opcode]?: BodyOf<K> } = {
  CHUNK: Buffer.from('x'),
  DIGESTS: Buffer.alloc(32),
  RECORDS: { entries: [] },
  SEAL: { size: 0, digest: empty },
  COMMITTED: { seq: 1 },
  LOST: { seq: 1, reason: 'content lost' },
  STATED: { rows: [], isLater: false, position: null },
}
const pieceOpcodes = Object.keys(pieces) as (keyof typeof pieces)[]

const roleOf = (opcode: RequestOpcode) =>
  ['CHANGE', 'READ', 'STATUS', 'LOG'].includes(opcode) ? 'client' : 'coordinator'

/** An acceptor that was asked `opcode`; what it hears of it is written down. */
async function asked<K extends RequestOpcode>(opcode: K, body: BodyOf<K>, fin: boolean) {
  const heard: string[] = []
  const driven = new DrivenConnection({
    side: 'acceptor',
    onAsked: ({ stream }) =>
      stream.listen({
        onMessage: (message, fin) => heard.push(`${message.opcode}${fin ? ' fin' : ''}`),
        onFailed: ({ code }) => heard.push(code),
      }),
  })
  await driven.open(roleOf(opcode))
  driven.hear(opcode, body, { stream: 1, fin })
  const hear = (piece: Opcode, fin: boolean) =>
    driven.hear(piece, pieces[piece as 'CHUNK'] as BodyOf<Opcode>, { stream: 1, fin })
  return { driven, heard, hear }
}

async function mistake(driven: DrivenConnection): Promise<string> {
  const last = (await driven.said()).at(-1) as ReadFrame & { body: { code?: string; message?: string } }
  expect(last.opcode).toBe('GOAWAY')
  return `${last.body.code}: ${last.body.message}`
}

describe('a request', () => {
  test.each(Object.keys(followed) as Followed[])('%s that says FIN is the peer’s mistake', async opcode => {
    const { driven } = await asked(opcode, followed[opcode], true)
    expect(await mistake(driven)).toBe(`BAD_FRAME: ${opcode} with FIN`)
  })

  test.each(Object.keys(whole) as (keyof typeof whole)[])(
    '%s that nothing follows is the peer’s mistake without FIN',
    async opcode => {
      const { driven } = await asked(opcode, whole[opcode] as BodyOf<RequestOpcode>, false)
      expect(await mistake(driven)).toBe(`BAD_FRAME: ${opcode} without FIN`)
      expect(driven.asked).toEqual([])
    },
  )

  test('with FIN is followed by nothing', async () => {
    const { driven, hear } = await asked('STATUS', {}, true)
    hear('CHUNK', false)
    expect(await mistake(driven)).toBe('BAD_FRAME: CHUNK after the last frame of stream 1')
  })

  test('that may not be asked is refused on its stream, and what follows it is let pass', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    driven.hear('STAGE', followed.STAGE, { stream: 1, fin: false })
    driven.hear('CHUNK', Buffer.alloc(chunkBytesMax), { stream: 1, fin: false })
    driven.hear('SEAL', { size: 0, digest: empty }, { stream: 1, fin: true })
    expect((await driven.said()).map(({ opcode, stream }) => `${opcode} ${stream}`)).toEqual(['ERROR 1'])
  })

  test('that names no path is refused on its stream, and what follows it is let pass', async () => {
    const { driven, hear } = await asked('CHANGE', putOf('../a'), false)
    hear('CHUNK', false)
    expect((await driven.said()).map(({ body }) => (body as { code: string }).code)).toEqual(['BAD_PATH'])
  })
})

describe('behind a request', () => {
  const pairs = (Object.keys(followed) as Followed[]).flatMap(request =>
    pieceOpcodes.map(piece => ({ request, piece })),
  )

  test.each(pairs.filter(({ request, piece }) => uploads[request]!.opcodes.includes(piece)))(
    '$piece is heard on $request, with FIN only where the table has it',
    async ({ request, piece }) => {
      const { driven, heard, hear } = await asked(request, followed[request], false)
      const isLast = uploads[request]!.last === piece
      hear(piece, piece === 'SEAL')
      expect(heard).toEqual([piece === 'SEAL' ? 'SEAL fin' : piece])
      if (piece === 'SEAL') return
      hear(piece, true)
      if (isLast) expect(heard.at(-1)).toBe(`${piece} fin`)
      else
        expect(await mistake(driven)).toBe(
          `BAD_FRAME: ${piece} with FIN, in the middle of what it belongs to`,
        )
    },
  )

  test.each(pairs.filter(({ request, piece }) => !uploads[request]!.opcodes.includes(piece)))(
    '$piece does not belong on $request',
    async ({ request, piece }) => {
      const { driven, heard, hear } = await asked(request, followed[request], false)
      hear(piece, false)
      expect(await mistake(driven)).toBe(`BAD_FRAME: ${piece} behind a request that it does not belong to`)
      expect(heard).toEqual(['BAD_FRAME'])
    },
  )

  test('SEAL without FIN is the peer’s mistake', async () => {
    const { driven, hear } = await asked('STAGE', followed.STAGE, false)
    hear('SEAL', false)
    expect(await mistake(driven)).toBe('BAD_FRAME: SEAL without FIN')
  })

  test('nothing comes behind its last frame', async () => {
    const { driven, hear } = await asked('CHANGE', followed.CHANGE, false)
    hear('SEAL', true)
    hear('CHUNK', false)
    expect(await mistake(driven)).toBe('BAD_FRAME: CHUNK after the last frame of stream 1')
  })

  test('no more comes than the credit admits', async () => {
    const { driven } = await asked('STAGE', followed.STAGE, false)
    for (let bytes = 0; bytes <= streamCreditBytes; bytes += chunkBytesMax)
      driven.hear('CHUNK', Buffer.alloc(chunkBytesMax), { stream: 1, fin: false })
    expect(await mistake(driven)).toBe('BAD_FRAME: CHUNK beyond the credit of stream 1')
  })

  test('credit is given for what was worked on', async () => {
    const { driven } = await asked('STAGE', followed.STAGE, false)
    driven.hear('CHUNK', Buffer.alloc(chunkBytesMax), { stream: 1, fin: false })
    expect(await driven.said()).toEqual([])
    driven.asked[0]!.stream.consumed(chunkBytesMax)
    expect(await driven.said()).toEqual([
      { opcode: 'CREDIT', stream: 1, fin: false, body: { bytes: chunkBytesMax } },
    ])
  })

  test('what comes for a stream that was refused in the middle is let pass, whatever it is', async () => {
    const { driven, hear } = await asked('STAGE', followed.STAGE, false)
    hear('CHUNK', false)
    driven.asked[0]!.stream.fail(new ConcurError('NO_SPACE', 'the disk is full'))
    for (let chunks = 0; chunks < 10; chunks++)
      driven.hear('CHUNK', Buffer.alloc(chunkBytesMax), { stream: 1, fin: false })
    hear('SEAL', true)
    expect((await driven.said()).map(({ opcode }) => opcode)).toEqual(['ERROR'])
    expect(driven.connection.streamCount).toBe(0)
  })

  test('CANCEL in the middle is told to who works on it', async () => {
    const { driven, heard, hear } = await asked('CHANGE', followed.CHANGE, false)
    hear('CHUNK', false)
    driven.hear('CANCEL', {}, { stream: 1, fin: true })
    expect(heard).toEqual(['CHUNK', 'UNREACHABLE'])
    expect(driven.connection.streamCount).toBe(0)
  })

  test('a stream that was never opened is the peer’s mistake', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    driven.hear('CHUNK', Buffer.alloc(1), { stream: 1, fin: false })
    expect(await mistake(driven)).toBe('BAD_FRAME: CHUNK on a stream that was never opened')
  })

  test.each(['SEAL', 'COMMITTED', 'LOST'] as const)('%s is nothing that a dialer is told', async opcode => {
    const driven = await new DrivenConnection({ side: 'dialer' }).open('coordinator')
    driven.hear<Opcode>(opcode, pieces[opcode]!, { stream: 1, fin: true })
    expect(await mistake(driven)).toBe(`BAD_FRAME: ${opcode} to the dialer, which is open`)
  })
})

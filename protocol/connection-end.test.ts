import { DrivenConnection } from '../fixtures/driven-connection.ts'
import { turns } from '../fixtures/fake-time.ts'
import { neverJournaled } from '../fixtures/message-bodies.ts'
import type { ReadFrame } from '../fixtures/wire-frames.ts'
import { ConcurError } from './errors.ts'
import { parsePath } from './path.ts'

const path = parsePath('file1.txt')
const onStream = (stream: number) => ({ stream, fin: true })

const summary = ({ opcode, stream, body }: ReadFrame) =>
  'code' in body ? `${opcode} ${stream} ${body.code}` : `${opcode} ${stream}`

describe('the end', () => {
  /** A dialer with two requests under way, which write down how they fail. */
  async function asking() {
    const driven = await new DrivenConnection({ side: 'dialer', role: 'coordinator' }).open('replica')
    const failures: string[] = []
    for (let i = 0; i < 2; i++) {
      driven.connection.request(
        'LOOK',
        { path, deep: false, settledSeq: 0 },
        {
          onMessage: () => failures.push('a message'),
          onFailed: ({ code, message }) => failures.push(`${code}: ${message}`),
        },
      )
    }
    return { driven, failures }
  }

  test('GOAWAY of the peer fails every stream with its code, and is answered with the end', async () => {
    const { driven, failures } = await asking()
    driven.hear('GOAWAY', { code: 'FENCED', message: 'an older one' }, onStream(0))
    expect(failures).toEqual(['FENCED: an older one', 'FENCED: an older one'])
    expect(driven.transport.happened).toEqual(['end'])
    driven.transport.close(null)
    expect(driven.closed.map(({ code }) => code)).toEqual(['FENCED'])
  })

  test.each([
    [
      'an end of the peer',
      'the peer closed the connection',
      (d: DrivenConnection) => d.transport.endByPeer(),
    ],
    ['an orderly close', 'the connection was closed', (d: DrivenConnection) => d.transport.close(null)],
    ['a break', 'the connection broke', (d: DrivenConnection) => d.transport.close(new Error('ECONNRESET'))],
  ])('%s fails every stream as UNREACHABLE', async (_, message, happen) => {
    const { driven, failures } = await asking()
    happen(driven)
    expect(failures).toEqual([`UNREACHABLE: ${message}`, `UNREACHABLE: ${message}`])
    expect(() =>
      driven.connection.request(
        'LOOK',
        { path, deep: false, settledSeq: 0 },
        { onMessage() {}, onFailed() {} },
      ),
    ).toThrow(message)
    driven.transport.close(null)
    driven.transport.close(null)
    expect(driven.closed.map(({ code }) => code)).toEqual(['UNREACHABLE'])
    driven.time.passAtOnce(60_000)
    expect(driven.time.timerCount).toBe(0)
  })

  test('a break keeps the system’s error as its cause', async () => {
    const { driven } = await asking()
    const cause = new Error('ECONNRESET')
    driven.transport.close(cause)
    expect(driven.closed[0]!.cause).toBe(cause)
  })

  test('close says GOAWAY behind what was said, ends in order, and cuts a peer that does not let go within 1 s', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    driven.hear('STATUS', {}, onStream(1))
    driven.asked[0]!.stream.fail(new ConcurError('BUSY', ''))
    driven.connection.close('UNREACHABLE', 'the replica stops')
    driven.connection.close('INTERNAL', 'a second time')
    expect((await driven.said()).map(summary)).toEqual(['ERROR 1 BUSY', 'GOAWAY 0 UNREACHABLE'])
    driven.time.passAtOnce(999)
    expect(driven.transport.happened).toEqual(['end'])
    driven.time.passAtOnce(1)
    expect(driven.transport.happened).toEqual(['end', 'destroy'])
  })

  test('what arrives after the end is not heard', async () => {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    expect(driven.heard).toBe(1)
    driven.connection.close('UNREACHABLE', 'the replica stops')
    driven.hear('STATUS', {}, onStream(1))
    expect(driven.asked).toEqual([])
    expect(driven.heard).toBe(1)
  })

  test('a mistake of our own in a handler ends that connection as INTERNAL, and its cause is there for the log', async () => {
    const cause = new TypeError('undefined is not a function')
    const driven = new DrivenConnection({
      side: 'acceptor',
      onAsked() {
        throw cause
      },
    })
    await driven.open('client')
    driven.hear('STATUS', {}, onStream(1))
    expect((await driven.said()).map(summary)).toEqual(['GOAWAY 0 INTERNAL'])
    driven.transport.close(null)
    expect(driven.closed[0]!.cause).toBe(cause)
  })

  test('a connection whose stream numbers are used up is ended, after those who asked have their streams', async () => {
    const { driven, failures } = await asking()
    const { streams } = driven.connection as unknown as { streams: { lastOpened: number } }
    streams.lastOpened = 2 ** 32 - 2 ** 20 - 1
    const ask = () =>
      driven.connection.request(
        'LOOK',
        { path, deep: false, settledSeq: 0 },
        { onMessage() {}, onFailed() {} },
      )
    expect([ask().id, ask().id]).toEqual([2 ** 32 - 2 ** 20, 2 ** 32 - 2 ** 20 + 1])
    expect(failures).toEqual([])
    await turns(1)
    expect((await driven.said()).map(summary).at(-1)).toBe('GOAWAY 0 UNREACHABLE')
    expect(failures).toHaveLength(2)
  })
})

describe('a peer that does not read', () => {
  /** An acceptor that has been asked and answers more than the peer takes. */
  async function answering(kibibytes: number) {
    const driven = await new DrivenConnection({ side: 'acceptor' }).open('client')
    driven.hear('STATUS', {}, onStream(1))
    const { stream } = driven.asked[0]!
    const reason = 'r'.repeat(1024 - 24)
    for (let i = 0; i < kibibytes; i++) stream.send('COPY', neverJournaled({ is: 'unreadable', reason }))
    await turns(1)
    return driven
  }

  test('is not read either while more than 1 MiB waits for it, and is read again when less does', async () => {
    const driven = await answering(1_100)
    driven.hear('STATUS', {}, onStream(2))
    driven.hear('STATUS', {}, onStream(3))
    expect(driven.transport.happened).toEqual(['pause'])
    while (driven.transport.flush() !== null);
    expect(driven.transport.happened).toEqual(['pause', 'resume'])
  })

  test('is read while less than 1 MiB waits for it', async () => {
    const driven = await answering(900)
    driven.hear('STATUS', {}, onStream(2))
    expect(driven.transport.happened).toEqual([])
  })

  test('is given up within a minute: cut off, every stream failed', async () => {
    const driven = await answering(10)
    driven.time.passAtOnce(60_000)
    expect(driven.transport.happened).toEqual(['destroy'])
    expect(driven.asked[0]!.stream.ended).toBe(true)
    driven.transport.close(null)
    expect(driven.closed.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'TIMEOUT: the peer does not read what it is sent',
    ])
  })

  test('is read by a dialer all the same, so that the two do not wait for each other', async () => {
    const driven = await new DrivenConnection({ side: 'dialer', role: 'coordinator' }).open('replica')
    const long = parsePath('p'.repeat(255))
    for (let i = 0; i < 5_000; i++) {
      driven.connection.request(
        'LOOK',
        { path: long, deep: false, settledSeq: 0 },
        { onMessage() {}, onFailed() {} },
      )
    }
    await turns(1)
    driven.hear('COPY', neverJournaled({ is: 'absent' }), onStream(1))
    expect(driven.transport.happened).toEqual([])
  })
})

/** What a client sends behind its CHANGE, one piece after the other, as fast as the nodes take it. */
import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { digestOf } from '../../protocol/digest.ts'
import { inlineBytesMax, uploadWithinMsMax } from '../../protocol/limits.ts'
import type { Message } from '../../protocol/opcodes.ts'
import type { Stream, StreamEvents } from '../../protocol/stream.ts'
import { receive } from './client-bytes.ts'
import type { Incoming } from './incoming.ts'

const bytes = Buffer.from('some bytes')

function receiving(announced: number | null) {
  const happened: string[] = []
  let events!: StreamEvents
  const stream = {
    listen: (heard: StreamEvents) => {
      events = heard
    },
    consumed: (bytes: number) => happened.push(`credit ${bytes}`),
  } as unknown as Stream
  const taking: ((isFree: boolean) => void)[] = []
  const buffers: ArrayBufferLike[] = []
  const incoming = {
    take: (bytes: Buffer) => {
      happened.push(`take ${bytes.length > 10 ? bytes.length : bytes}`)
      buffers.push(bytes.buffer)
      return new Promise<boolean>(resolve => taking.push(resolve))
    },
    finish: async (size: number) => {
      happened.push(`finish ${size}`)
      return { size }
    },
  } as unknown as Incoming
  const time = new FakeTime()
  const received = receive(stream, incoming, announced, time)
  const chunk = (text: string) =>
    events.onMessage({ opcode: 'CHUNK', body: Buffer.from(text) } as Message, false, text.length)
  const seal = (size: number) =>
    events.onMessage({ opcode: 'SEAL', body: { size, digest: digestOf(bytes).digest } } as Message, true, 40)
  /** The nodes have taken the oldest piece. */
  const taken = async (isFree = true) => {
    taking.shift()!(isFree)
    await turns(3)
  }
  return { happened, received, chunk, seal, taken, buffers, time }
}

test('the client gets credit for a piece when the nodes have taken it, and not before', async () => {
  const { happened, received, chunk, seal, taken } = receiving(10)
  chunk('some ')
  chunk('bytes')
  seal(10)
  await turns(3)
  expect(happened).toEqual(['take some '])
  await taken()
  expect(happened).toEqual(['take some ', 'credit 5', 'take bytes'])
  await taken()
  expect(happened.slice(3)).toEqual(['credit 5', 'finish 10'])
  await expect(received).resolves.toMatchObject({ size: 10 })
})

test('other bytes than were announced are refused', async () => {
  const { happened, received, chunk, seal, taken } = receiving(11)
  const refused = expect(received).rejects.toMatchObject({ code: 'BAD_DIGEST' })
  chunk('some bytes')
  await turns(1)
  seal(10)
  await taken()
  await refused
  expect(happened).not.toContain('finish 10')
})

test('a long piece lies where one lay before that nobody has any more', async () => {
  const { happened, chunk, taken, buffers } = receiving(null)
  const long = 'x'.repeat(inlineBytesMax + 1)
  chunk(long)
  chunk(long)
  await turns(3)
  await taken()
  chunk(long)
  await taken(false)
  chunk(long)
  await taken()
  await taken()
  const [first, second, third, fourth] = buffers
  expect(new Set(buffers).size).toBe(3)
  expect([third === first, [first, second].includes(fourth)]).toEqual([true, false])
  expect(happened.filter(one => one.startsWith('take'))).toEqual(Array(4).fill(`take ${long.length}`))
})

test('a client that sends nothing for ten minutes is given up, and one that sends a little is not', async () => {
  const { received, chunk, taken, time } = receiving(null)
  let error: unknown = null
  received.catch(thrown => {
    error = thrown
  })
  chunk('a')
  await turns(3)
  await taken()
  time.passAtOnce(uploadWithinMsMax)
  await turns(3)
  chunk('b')
  await turns(3)
  await taken()
  time.passAtOnce(uploadWithinMsMax)
  await turns(3)
  expect(error).toBeNull()
  time.passAtOnce(uploadWithinMsMax)
  await turns(3)
  expect(error).toMatchObject({ code: 'TIMEOUT', message: 'nothing came for 10 minutes' })
})

test('what a disk takes long for is not the client’s doing, and no timer stays behind the last byte', async () => {
  const { received, chunk, seal, taken, time } = receiving(null)
  chunk('some bytes')
  await turns(3)
  for (let i = 0; i < 3; i++) time.passAtOnce(uploadWithinMsMax)
  await taken()
  seal(10)
  await expect(received).resolves.toMatchObject({ size: 10 })
  expect(time.timerCount).toBe(0)
})

import { turns } from '../../fixtures/fake-time.ts'
import { type BodySink, pourBody } from './body-sink.ts'
import type { OpenBody } from './store.ts'

/** A body of three blocks, and a sink that takes a piece when the test says so. */
function pouring() {
  const happened: string[] = []
  const body: OpenBody = {
    size: 3,
    executable: null,
    blockDigests: Buffer.alloc(96),
    async *pieces() {
      for (const name of ['a', 'b', 'c']) {
        happened.push(`reads ${name}`)
        yield Buffer.from(name)
      }
    },
    close: () => void happened.push('closed'),
  }
  const taking: (() => void)[] = []
  const sink: { -readonly [K in keyof BodySink]: BodySink[K] } = {
    closed: false,
    begin: size => void happened.push(`begins ${size}`),
    piece: opcode => {
      happened.push(opcode)
      return new Promise<void>(resolve => taking.push(resolve))
    },
  }
  const poured = pourBody(body, sink)
  const take = async () => {
    taking.shift()!()
    await turns(2)
  }
  return { happened, sink, poured, take }
}

test('a block is read when the one before was taken, and not before', async () => {
  const { happened, poured, take } = pouring()
  await turns(2)
  expect(happened).toEqual(['begins 3', 'DIGESTS'])
  await take()
  expect(happened.slice(2)).toEqual(['reads a', 'CHUNK'])
  await take()
  expect(happened.slice(4)).toEqual(['reads b', 'CHUNK'])
  await take()
  await take()
  await poured
  expect(happened.slice(6)).toEqual(['reads c', 'CHUNK', 'closed'])
})

test('a sink that wants no more ends the reading, and the body is closed', async () => {
  const { happened, sink, poured, take } = pouring()
  await turns(2)
  await take()
  sink.closed = true
  await take()
  await poured
  expect(happened.slice(4)).toEqual(['reads b', 'closed'])
})

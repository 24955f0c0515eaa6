import { FakeTime } from '../../fixtures/fake-time.ts'
import { MemoryNetwork } from '../../fixtures/memory-network.ts'
import { RawLine } from '../../fixtures/raw-line.ts'
import { until } from '../../fixtures/until.ts'
import { goawayWithinMsMax } from '../../protocol/limits.ts'
import type { Transport } from '../../protocol/world.ts'
import { sortByFirstByte } from './first-byte.ts'

const address = { host: '127.0.0.1', port: 6001 }
let time: FakeTime
let network: MemoryNetwork
/** What became of connections: `binary`, `text`, `gone`, and what arrived. */
let happened: string[]

async function dial({ speaksText = true } = {}): Promise<RawLine> {
  const take = (as: string) => (transport: Transport) => {
    happened.push(as)
    transport.start({
      onBytes: bytes => happened.push(bytes.toString('latin1')),
      onEnd: () => {
        happened.push('end')
        transport.end()
      },
      onClosed: () => happened.push('closed'),
    })
  }
  await network.listen(address, transport =>
    sortByFirstByte(transport, {
      timers: time,
      onBinary: take('binary'),
      onText: speaksText ? take('text') : null,
      onGone: () => happened.push('gone'),
    }),
  )
  return RawLine.dial(network, address)
}

const happens = (what: string): Promise<void> => until(() => happened.includes(what), what)

beforeEach(() => {
  time = new FakeTime()
  network = new MemoryNetwork()
  happened = []
})

test('a connection that begins with 0x00 is binary, and its first bytes arrive there', async () => {
  const line = await dial()
  line.say('\0abc')
  await happens('\0abc')
  line.say('def')
  await happens('def')
  expect(happened).toEqual(['binary', '\0abc', 'def'])
})

test.each(['f', '\n', ' ', '\x01', '\xff'])('a connection that begins with %j is plain text', async first => {
  const line = await dial()
  line.say(Buffer.from(first, 'latin1'))
  await happens(first)
  expect(happened).toEqual(['text', first])
})

test.each([
  ['TLS', '\x16\x03\x01', true, '\x15\x03\x03\x00\x02\x02\x0a'],
  ['plain text where it is not spoken', 'file1.txt\n', false, 'ERROR|this server answers no plain text'],
])('%s is told so in its own words, and let go', async (_, bytes, speaksText, words) => {
  const line = await dial({ speaksText })
  line.say(bytes)
  await line.ended()
  expect(line.received.toString('latin1')).toBe(words)
  line.say('more')
  await time.pass(goawayWithinMsMax)
  await happens('gone')
  expect(happened).toEqual(['gone'])
})

test('binary is spoken where plain text is not', async () => {
  const line = await dial({ speaksText: false })
  line.say('\0')
  await happens('binary')
})

test('who says nothing is let go after 5 s, and not before', async () => {
  await dial()
  await time.pass(4_999)
  expect(happened).toEqual([])
  await time.pass(1)
  await happens('gone')
})

test('who has said something in time is not cut off by that deadline', async () => {
  const line = await dial()
  await time.pass(4_999)
  line.say('f')
  await happens('text')
  await time.pass(10_000)
  expect(happened).toEqual(['text', 'f'])
  expect(time.timerCount).toBe(0)
})

test.each(['end', 'destroy'] as const)(
  'who is gone (%s) before the first byte leaves nothing behind',
  async how => {
    const line = await dial()
    line[how]()
    await happens('gone')
    expect(happened).toEqual(['gone'])
    expect(time.timerCount).toBe(0)
    await until(() => network.connectionCount === 0, 'the connection to be closed')
  },
)

test('the end of the stream and of the connection reach who took it', async () => {
  const line = await dial()
  line.say('f')
  line.end()
  await happens('closed')
  expect(happened).toEqual(['text', 'f', 'end', 'closed'])
})

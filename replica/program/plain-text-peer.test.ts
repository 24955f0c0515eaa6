import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { MemoryNetwork } from '../../fixtures/memory-network.ts'
import { RawLine } from '../../fixtures/raw-line.ts'
import { until } from '../../fixtures/until.ts'
import { pathBytesMax } from '../../protocol/limits.ts'
import type { Transport } from '../../protocol/world.ts'
import { PlainTextPeer } from './plain-text-peer.ts'

const address = { host: '127.0.0.1', port: 6001 }
let time: FakeTime
let network: MemoryNetwork
let line: RawLine
let peer: PlainTextPeer
let typed: Buffer[]
/** The buffers of each write to the transport, in bytes. */
let writes: number[]
let gone: number

beforeEach(async () => {
  time = new FakeTime()
  network = new MemoryNetwork()
  typed = []
  writes = []
  gone = 0
  await network.listen(address, transport => {
    const counted: Transport = {
      peerHost: transport.peerHost,
      channel: null,
      start: events => transport.start(events),
      write(buffers, onFlushed) {
        writes.push(buffers.reduce((sum, { length }) => sum + length, 0))
        transport.write(buffers, onFlushed)
      },
      pause: () => transport.pause(),
      resume: () => transport.resume(),
      end: () => transport.end(),
      destroy: () => transport.destroy(),
    }
    peer = new PlainTextPeer({ transport: counted, timers: time, onGone: () => gone++ })
    peer.awaitRequest(bytes => typed.push(Buffer.from(bytes)))
  })
  line = await RawLine.dial(network, address)
})

const asked = (): string[] => typed.map(String)
const untilAsked = (): Promise<void> => until(() => typed.length > 0, 'a path')

describe('a path ends', () => {
  test.each([
    ['at a line feed', 'a.txt\n', 'a.txt'],
    ['at a carriage return and a line feed', 'a.txt\r\n', 'a.txt'],
    ['at the first line ending, whatever follows', 'a.txt\nb.txt\n', 'a.txt'],
    ['at the first line ending, even at once', '\na.txt\n', ''],
  ])('%s', async (_, bytes, path) => {
    line.say(bytes)
    await untilAsked()
    expect(asked()).toEqual([path])
  })

  test('at the end of the stream', async () => {
    line.say('a.txt')
    line.end()
    await untilAsked()
    expect(asked()).toEqual(['a.txt'])
  })

  test('after 100 ms of silence, and not before', async () => {
    line.say('a.txt')
    await turns(5)
    await time.pass(99)
    expect(asked()).toEqual([])
    await time.pass(1)
    expect(asked()).toEqual(['a.txt'])
  })

  test('100 ms after its last byte, however slowly they come', async () => {
    for (const letter of 'a.txt') {
      line.say(letter)
      await turns(5)
      await time.pass(90)
    }
    expect(asked()).toEqual([])
    await time.pass(10)
    expect(asked()).toEqual(['a.txt'])
  })

  test('within 5 s, or its reader is let go', async () => {
    for (let letter = 0; letter < 60 && gone === 0; letter++) {
      line.say('a')
      await turns(5)
      await time.pass(90)
    }
    expect(gone).toBe(1)
    expect(asked()).toEqual([])
    expect(time.timerCount).toBe(0)
  })

  test('whole, where a letter of several bytes comes in two pieces', async () => {
    const bytes = Buffer.from('grüße\r\n')
    for (const byte of bytes) {
      line.say(Buffer.from([byte]))
      await turns(3)
    }
    await untilAsked()
    expect(asked()).toEqual(['grüße'])
  })

  test('where it is longer than any path, whether the line ends or not', async () => {
    line.say(Buffer.alloc(pathBytesMax + 3, 'a'))
    await untilAsked()
    expect(typed[0]!.length).toBeGreaterThan(pathBytesMax)
  })

  test('where it is longer than any path, and no more of it is kept, told or logged', async () => {
    line.say(Buffer.alloc(60_000, 'a'))
    await untilAsked()
    expect(typed[0]!.length).toBeGreaterThan(pathBytesMax)
    expect(typed[0]!.length).toBeLessThanOrEqual(pathBytesMax + 2)
  })

  test('at its line ending where it is as long as a path can be', async () => {
    line.say(Buffer.concat([Buffer.alloc(pathBytesMax, 'a'), Buffer.from('\r')]))
    await turns(5)
    expect(typed).toEqual([])
    line.say('\n')
    await untilAsked()
    expect(typed[0]!.length).toBe(pathBytesMax)
  })

  test('once: what comes behind it is nobody’s', async () => {
    line.say('a.txt\n')
    await untilAsked()
    line.say(Buffer.alloc(1_000_000, 'b\n'))
    line.end()
    await time.pass(1_000)
    expect(asked()).toEqual(['a.txt'])
  })
})

describe('an answer', () => {
  beforeEach(async () => {
    line.say('a.txt\n')
    await untilAsked()
  })

  test('of up to 8,192 bytes leaves in one write, however it was put together', async () => {
    await peer.write(Buffer.alloc(12, 'a'))
    await peer.write(Buffer.alloc(8_000, 'b'))
    await peer.write(Buffer.alloc(180, 'c'))
    expect(peer.hasAnswered).toBe(false)
    await peer.end()
    await line.ended()
    expect(writes).toEqual([8_192])
    expect(line.text).toBe('a'.repeat(12) + 'b'.repeat(8_000) + 'c'.repeat(180))
  })

  test('of one byte more comes whole and in order too', async () => {
    await peer.write(Buffer.alloc(12, 'a'))
    await peer.write(Buffer.alloc(8_181, 'b'))
    await peer.write(Buffer.from('c'))
    await peer.end()
    await line.ended()
    expect(line.text).toBe(`${'a'.repeat(12)}${'b'.repeat(8_181)}c`)
  })

  test('of nothing is an end without a byte', async () => {
    await peer.end()
    await line.ended()
    expect(line.received.length).toBe(0)
  })

  test('that has not left can be taken back', async () => {
    await peer.write(Buffer.from('SINGLE_FILE|'))
    peer.forget()
    await peer.answerAll('ERROR|it changed')
    expect((await line.ended()).text).toBe('ERROR|it changed')
  })

  test('keeps the bytes only until the call is over', async () => {
    const bytes = Buffer.from('content')
    await peer.write(bytes)
    bytes.fill(0)
    await peer.end()
    expect((await line.ended()).text).toBe('content')
  })

  test('waits for a slow reader, and goes on when it reads', async () => {
    line.pause()
    let isTaken = false
    const taken = peer.write(Buffer.alloc(1_000_000)).then(() => {
      isTaken = true
    })
    await turns(50)
    expect(isTaken).toBe(false)
    line.resume()
    await taken
    await peer.end()
    await line.ended()
    expect(line.received.length).toBe(1_000_000)
  })

  test('is broken off for a reader that takes nothing for 30 s', async () => {
    line.pause()
    const taken = peer.write(Buffer.alloc(1_000_000))
    await time.pass(29_999)
    expect(peer.closed).toBe(false)
    await time.pass(1)
    await taken
    expect(peer.closed).toBe(true)
    expect(gone).toBe(1)
  })

  test('to a reader that is gone goes nowhere and holds nobody up', async () => {
    const taken = peer.write(Buffer.alloc(1_000_000))
    line.destroy()
    await taken
    expect(peer.closed).toBe(true)
    await peer.write(Buffer.alloc(1_000_000))
    await peer.end()
    expect(gone).toBe(1)
    expect(time.timerCount).toBe(0)
  })

  test('that is broken off is told from one that is whole', async () => {
    await peer.write(Buffer.alloc(100_000))
    peer.breakOff()
    await until(() => line.closed !== null, 'the break')
    expect(line.closed?.error).not.toBe(null)
  })

  test('closes the connection although the reader never ends its stream', async () => {
    await peer.answerAll('content')
    expect((await line.ended()).text).toBe('content')
    await time.pass(2_000)
    expect(gone).toBe(1)
    expect(network.connectionCount).toBe(0)
    expect(time.timerCount).toBe(0)
  })

  test('closes the connection at once when the reader has ended its stream', async () => {
    line.end()
    await peer.answerAll('content')
    await until(() => gone === 1, 'the end')
    expect(line.text).toBe('content')
    expect(time.timerCount).toBe(0)
  })
})

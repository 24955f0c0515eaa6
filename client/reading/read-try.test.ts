import { content, failure, Keeping } from '../../fixtures/client-receiver.ts'
import { endBodies, node, readsFrom, verdictOf, versionOf } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { turns } from '../../fixtures/fake-time.ts'
import { SeededChance } from '../../fixtures/seeded-chance.ts'
import { digestOf } from '../../protocol/digest.ts'
import { parseClientId } from '../../protocol/ids.ts'
import { blockBytes, chunkBytesMax } from '../../protocol/limits.ts'
import type { Verdict } from '../../protocol/messages.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import type { Stream } from '../../protocol/stream.ts'
import { ConcurClient } from '../concur-client.ts'
import type { ReadReceiver } from './read-try.ts'

const clientId = parseClientId('test@here')!
const path: FilePath = parsePath('x')
const both = ['server1', 'server2']

let world: ClientWorld
let client: ConcurClient
beforeEach(async () => {
  world = await clientWorld({ pieceBytes: 1000 * 77 })
  client = new ConcurClient({
    servers: [{ host: '127.0.0.1', port: 6001 }],
    clientId,
    dialer: world.network,
    timers: world.time,
    random: new SeededChance(1),
  })
})
afterEach(() => {
  client.close()
  world.shell.remove()
})

function read(receiver = new Keeping(), bodies: 'all' | 'none' = 'all'): Promise<Verdict> {
  return client.read(path, { bodies }, receiver)
}

describe("a server's mistake ends its connection", () => {
  const single = verdictOf([{ bytes: content(10), on: both }])
  const version = single.versions[0]!
  const digests = digestOf(content(10)).blockDigests
  const begin = (stream: Stream) => {
    stream.send('VERDICT', single)
    void stream.sendFlow('BODY', { version: 0, size: 10 })
  }
  const mistakes: Record<string, (stream: Stream) => void> = {
    'bytes before a verdict': stream => void stream.sendPiece('CHUNK', content(1)),
    'a body of a version that is not there': stream => {
      stream.send('VERDICT', single)
      void stream.sendFlow('BODY', { version: 1, size: 10 })
    },
    'bytes before their digests': stream => {
      begin(stream)
      void stream.sendPiece('CHUNK', content(10))
    },
    'more digests than blocks': stream => {
      begin(stream)
      void stream.sendPiece('DIGESTS', Buffer.concat([digests, digests]))
    },
    'more bytes than the file has': stream => {
      begin(stream)
      void stream.sendPiece('DIGESTS', digests)
      void stream.sendPiece('CHUNK', content(11))
    },
    'an end before the last byte': stream => {
      begin(stream)
      void stream.sendPiece('DIGESTS', digests)
      void stream.sendPiece('CHUNK', content(9), true)
    },
    'an end before the wanted body': stream => stream.send('VERDICT', single, true),
    'a second verdict': stream => {
      stream.send('VERDICT', single)
      stream.send('VERDICT', single)
    },
    'rows in the answer to a READ': stream => void stream.sendFlow('ROWS', { rows: [] }),
    'a file without a digest': stream =>
      stream.send('VERDICT', { ...single, versions: [{ ...version, digest: null }] }),
    'a file larger than any': stream =>
      stream.send('VERDICT', { ...single, versions: [{ ...version, size: 2 ** 50 }] }),
    'a version that no node holds': stream =>
      stream.send('VERDICT', { ...single, versions: [{ ...version, copies: [] }] }),
    'one node with two versions': stream =>
      stream.send('VERDICT', { ...single, verdict: 'DIFFERENT_FILES', versions: [version, version] }),
    'SINGLE_FILE with two versions': stream => {
      const other = versionOf({ bytes: content(3), on: ['server3'] })
      stream.send('VERDICT', { ...single, versions: [version, other] })
    },
    'an ERROR without an error': stream => stream.send('VERDICT', { ...single, verdict: 'ERROR' }, true),
    'an error beside a verdict': stream =>
      stream.send('VERDICT', { ...single, error: { code: 'IO_ERROR', message: 'no' } }, true),
  }

  test.each(Object.keys(mistakes))('%s', async name => {
    world.server.onRead = mistakes[name]!
    const receiver = new Keeping()
    const error = await failure(read(receiver))
    expect(error.code).toBe('BAD_FRAME')
    expect(content(10).subarray(0, receiver.bytes.length).equals(receiver.bytes)).toBe(true)
    await turns(20)
    expect(world.network.connectionCount).toBe(0)
  })
})

describe('patience', () => {
  test('ten seconds without a word end a request', async () => {
    world.server.onRead = () => {}
    const failed = failure(read())
    await world.time.pass(9_900)
    expect(world.server.asked).toHaveLength(1)
    await world.time.pass(1_400)
    const error = await failed
    expect([error.code, error.message]).toEqual(['TIMEOUT', 'the server said nothing for 10 s'])
  })

  test('a server that says that it works is waited for', async () => {
    const streams: Stream[] = []
    world.server.onRead = stream => void streams.push(stream)
    const receiver = new Keeping()
    const reading = read(receiver, 'none')
    await world.time.pass(100)
    for (let i = 0; i < 10; i++) {
      streams[0]!.send('PROGRESS', { node: node('server2'), bytesDone: i, bytesTotal: 10 })
      await world.time.pass(5_000)
    }
    streams[0]!.send('VERDICT', verdictOf([{ bytes: content(1), on: both }]), true)
    await expect(reading).resolves.toMatchObject({ verdict: 'SINGLE_FILE' })
    expect(receiver.told.filter(told => told === 'progress')).toHaveLength(10)
  })

  test('a receiver that does not take its blocks holds the server back, and that is not silence', async () => {
    const bytes = content(20 * blockBytes)
    let sent = 0
    world.server.onRead = stream => {
      stream.send('VERDICT', verdictOf([{ bytes, on: both }]))
      void stream.sendFlow('BODY', { version: 0, size: bytes.length })
      void stream.sendPiece('DIGESTS', digestOf(bytes).blockDigests)
      for (let at = 0; at < bytes.length; at += chunkBytesMax) {
        void stream.sendPiece('CHUNK', bytes.subarray(at, at + chunkBytesMax)).then(() => {
          sent += chunkBytesMax
        })
      }
      endBodies(stream)
    }
    const receiver = new Keeping()
    let goOn = () => {}
    const stalled = new Promise<void>(resolve => {
      goOn = resolve
    })
    receiver.onBlock = () => stalled
    const reading = read(receiver)
    await world.time.pass(60_000)
    expect(receiver.blocks).toEqual([])
    expect(sent).toBeGreaterThanOrEqual(blockBytes)
    expect(sent).toBeLessThanOrEqual(6 * blockBytes)
    goOn()
    await reading
    expect(receiver.bytes.equals(bytes)).toBe(true)
  })

  test('silence in the middle of a body is noticed', async () => {
    world.server.onRead = stream => {
      stream.send('VERDICT', verdictOf([{ bytes: content(10), on: both }]))
      void stream.sendFlow('BODY', { version: 0, size: 10 })
    }
    const failed = failure(read())
    await world.time.pass(12_000)
    expect((await failed).code).toBe('TIMEOUT')
  })
})

describe('what a receiver throws', () => {
  test('ends the read, comes back as it is, and leaves the connection', async () => {
    world.server.onRead = readsFrom({ x: [{ bytes: content(3 * blockBytes), on: both }] })
    const mine = new Error('my disk')
    const refusing: ReadReceiver[] = [
      { openVersion: () => ({ write: () => Promise.reject(mine) }) },
      {
        openVersion() {
          throw mine
        },
      },
      {
        onVerdict() {
          throw mine
        },
        openVersion: () => new Keeping(),
      },
    ]
    for (const receiver of refusing)
      expect(await failure(client.read(path, { bodies: 'all' }, receiver))).toBe(mine)
    await expect(read()).resolves.toMatchObject({ verdict: 'SINGLE_FILE' })
    expect(world.server.connectionCount).toBe(1)
  })

  test('counts for the last block as well, when everything has come', async () => {
    world.server.onRead = readsFrom({ x: [{ bytes: content(10), on: both }] })
    const receiver = new Keeping()
    receiver.onBlock = async () => {
      await turns(50)
      throw new Error('full')
    }
    expect((await failure(read(receiver))).message).toBe('full')
  })

  test('the read does not end while a block is being written', async () => {
    const bytes = content(3 * blockBytes)
    world.server.onRead = stream => {
      stream.send('VERDICT', verdictOf([{ bytes, on: both }]))
      void stream.sendFlow('BODY', { version: 0, size: bytes.length })
      void stream.sendPiece('DIGESTS', digestOf(bytes).blockDigests)
      void stream.sendPiece('CHUNK', bytes.subarray(0, blockBytes))
    }
    const receiver = new Keeping()
    let release = () => {}
    receiver.onBlock = () => new Promise(resolve => (release = resolve))
    let ended = false
    const failed = failure(read(receiver)).then(error => {
      ended = true
      return error
    })
    await turns(100)
    world.network.cut({ host: '127.0.0.1', port: 6001 })
    await turns(100)
    expect(ended).toBe(false)
    release()
    expect((await failed).code).toBe('UNREACHABLE')
  })
})

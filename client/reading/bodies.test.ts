import { content, failure, Keeping } from '../../fixtures/client-receiver.ts'
import type { Held } from '../../fixtures/client-server.ts'
import { endBodies, readsFrom, sendBody, verdictOf } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { SeededChance } from '../../fixtures/seeded-chance.ts'
import { digestOf } from '../../protocol/digest.ts'
import type { ConcurError } from '../../protocol/errors.ts'
import { parseClientId } from '../../protocol/ids.ts'
import { blockBytes, chunkBytesMax } from '../../protocol/limits.ts'
import type { Verdict } from '../../protocol/messages.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import type { Stream } from '../../protocol/stream.ts'
import { ConcurClient } from '../concur-client.ts'

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

describe('a body', () => {
  test.each([0, 1, 31, chunkBytesMax, blockBytes - 1, blockBytes, blockBytes + 1, 3 * blockBytes + 12_345])(
    'of %d bytes comes whole, in blocks at their places',
    async size => {
      const bytes = content(size)
      world.server.onRead = readsFrom({ x: [{ bytes, on: both }] })
      const receiver = new Keeping()
      const verdict = await read(receiver)
      expect(verdict.versions[0]!.size).toBe(size)
      expect(receiver.bytes.equals(bytes)).toBe(true)
      expect(receiver.blocks.map(({ at }) => at)).toEqual(receiver.blocks.map((_, nth) => nth * blockBytes))
      expect(receiver.told).toEqual(['SINGLE_FILE', 'open'])
    },
  )

  test('may end with FIN on whatever frame is the last', async () => {
    world.server.onRead = stream => {
      stream.send('VERDICT', verdictOf([{ bytes: content(10), on: both }]))
      void stream.sendFlow('BODY', { version: 0, size: 10 })
      void stream.sendPiece('DIGESTS', digestOf(content(10)).blockDigests)
      void stream.sendPiece('CHUNK', content(10), true)
    }
    const receiver = new Keeping()
    await read(receiver)
    expect(receiver.bytes.equals(content(10))).toBe(true)
    world.server.onRead = stream => {
      stream.send('VERDICT', verdictOf([{ bytes: Buffer.alloc(0), on: both }]))
      void stream.sendFlow('BODY', { version: 0, size: 0 }, true)
    }
    await expect(read()).resolves.toMatchObject({ verdict: 'SINGLE_FILE' })
  })

  test('comes once for each content, in the order of the versions', async () => {
    const contents: Held[] = [
      { bytes: content(100), on: ['server1', 'server3'] },
      { bytes: content(blockBytes + 5), on: ['server2'] },
    ]
    world.server.onRead = readsFrom({ x: contents })
    const opened: { place: number; first: string; sink: Keeping }[] = []
    await client.read(
      path,
      { bodies: 'all' },
      {
        openVersion(version, place) {
          opened.push({ place, first: version.copies[0]!.node, sink: new Keeping() })
          return opened.at(-1)!.sink
        },
      },
    )
    expect(opened.map(({ place, first }) => [place, first])).toEqual([
      [0, 'server1'],
      [1, 'server2'],
    ])
    expect(opened.every(({ sink, place }) => sink.bytes.equals(contents[place]!.bytes))).toBe(true)
  })
})

describe('content that moves under the read', () => {
  const bytes = content(2 * blockBytes)
  const truth = readsFrom({ x: [{ bytes, on: both }] })

  function lies(spoil: (stream: Stream) => void, times: number) {
    let left = times
    return (stream: Stream, request: Parameters<typeof truth>[1]) => {
      if (left-- <= 0) return truth(stream, request)
      stream.send('VERDICT', verdictOf([{ bytes, on: both }]))
      spoil(stream)
    }
  }

  const spoiled: Record<string, (stream: Stream) => void> = {
    'a block that is not what its digest says': stream => {
      const wrong = Buffer.from(bytes)
      wrong[blockBytes + 7]! ^= 1
      sendBody(stream, 0, wrong, digestOf(bytes).blockDigests)
      endBodies(stream)
    },
    'block digests of another content': stream => {
      sendBody(stream, 0, content(2 * blockBytes).fill(1))
      endBodies(stream)
    },
    'another size': stream => {
      sendBody(stream, 0, content(5))
      endBodies(stream)
    },
    'the error CHANGED': stream => {
      stream.fail(Object.assign(new Error('moved'), { code: 'CHANGED' }) as ConcurError)
    },
  }

  test.each(Object.keys(spoiled))('%s is read again', async name => {
    world.server.onRead = lies(spoiled[name]!, 2)
    const receiver = new Keeping()
    await expect(read(receiver)).resolves.toMatchObject({ verdict: 'SINGLE_FILE' })
    expect(receiver.bytes.equals(bytes)).toBe(true)
    expect(receiver.told.filter(told => told === 'restart')).toHaveLength(2)
    expect(world.server.pathsRead).toEqual(['x', 'x', 'x'])
  })

  test.each<[string, boolean]>([
    ['a block that is not what its digest says', true],
    ['block digests of another content', true],
    ['another size', true],
    ['the error CHANGED', false],
  ])('after %s every byte of every copy is read now: %s', async (name, deep) => {
    world.server.onRead = lies(spoiled[name]!, 1)
    await read()
    expect(world.server.reads.map(asked => asked.deep)).toEqual([false, deep])
  })

  test.each(Object.keys(spoiled))('%s is CHANGED after three tries', async name => {
    world.server.onRead = lies(spoiled[name]!, 99)
    const error = await failure(read())
    expect(error.code).toBe('CHANGED')
    expect(error.message).toMatch(/3 tries made/)
    expect(world.server.pathsRead).toHaveLength(3)
  })

  test('no byte of a wrong block is given to the receiver', async () => {
    world.server.onRead = lies(spoiled['a block that is not what its digest says']!, 99)
    const given: Buffer[] = []
    await failure(
      client.read(
        path,
        { bodies: 'all' },
        {
          openVersion: () => ({ write: async block => void given.push(Buffer.from(block)) }),
        },
      ),
    )
    expect(given.every(block => block.equals(bytes.subarray(0, blockBytes)))).toBe(true)
  })

  test('an empty file must have the digest of the empty file', async () => {
    const empty = verdictOf([{ bytes: Buffer.alloc(0), on: both }])
    const versions = [{ ...empty.versions[0]!, digest: digestOf(content(1)).digest }]
    world.server.onRead = stream => {
      stream.send('VERDICT', { ...empty, versions })
      void stream.sendFlow('BODY', { version: 0, size: 0 }, true)
    }
    expect((await failure(read())).code).toBe('CHANGED')
  })
})

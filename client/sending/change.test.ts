import {
  type ChangingWorld,
  changingWorld,
  first,
  mkdir,
  put,
  second,
} from '../../fixtures/changing-client.ts'
import { Upload } from '../../fixtures/client-changes.ts'
import { content, failure } from '../../fixtures/client-receiver.ts'
import { node } from '../../fixtures/client-server.ts'
import { turns } from '../../fixtures/fake-time.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { blockBytes, chunkBytesMax } from '../../protocol/limits.ts'
import type { ConcurClient } from '../concur-client.ts'
import { NoServerError } from '../connecting.ts'
import { type ByteSource, BytesSource, passOver } from './byte-source.ts'

let world: ChangingWorld
let client: ConcurClient
beforeEach(async () => {
  world = await changingWorld()
  client = world.client
})
afterEach(() => {
  client.close()
  world.shell.remove()
})

describe('a change', () => {
  test('is sent with its conditions, its bytes and what they are', async () => {
    const bytes = content(3 * blockBytes + 5)
    const { digest } = digestOf(bytes)
    const done = await client.change({ ...put, ifMatch: digest, ack: 'all' }, new BytesSource(bytes))
    expect(done).toMatchObject({ op: { epoch: 3, seq: 812, type: 'put', path: 'x' }, digest, error: null })
    expect(world.server.lastChange).toMatchObject({
      ifMatch: digest,
      ifAbsent: false,
      ack: 'all',
      fence: null,
      what: { type: 'put', path: 'x', executable: true, bytes: bytes.length },
    })
    const [upload] = world.server.uploads
    expect(upload!.bytes.equals(bytes)).toBe(true)
    expect(upload!.seal).toEqual({ size: bytes.length, digest })
  })

  test('of nothing is a seal alone', async () => {
    const { digest } = digestOf(Buffer.alloc(0))
    await client.change(put, new BytesSource(Buffer.alloc(0)))
    expect(world.server.uploads[0]).toMatchObject({ bytesHeard: 0, seal: { size: 0, digest } })
    expect(world.server.lastChange.what).toMatchObject({ bytes: 0 })
  })

  test('without bytes is one frame', async () => {
    await client.change(mkdir, null)
    expect(world.server.lastChange.what).toEqual({ type: 'mkdir', path: 'x', parents: false })
    expect(world.server.uploads).toEqual([])
  })

  test('says how it goes on', async () => {
    const told: unknown[] = []
    world.server.onChange = (stream, request) => {
      stream.send('PROGRESS', { node: node('server2'), bytesDone: 1, bytesTotal: 2 })
      new Upload(stream, { onSealed: upload => world.server.finish(stream, request, upload) })
    }
    await client.change(put, new BytesSource(content(chunkBytesMax + 1)), {
      onBegin: bytes => told.push(bytes),
      onSent: bytes => told.push(bytes),
      onProgress: ({ bytesDone }) => told.push(`server2 ${bytesDone}`),
    })
    expect(told.filter(one => typeof one === 'number')).toEqual([chunkBytesMax + 1, chunkBytesMax, 1])
    expect(told).toContain('server2 1')
  })

  test('that the server refuses is an error, and ends the reading', async () => {
    let read = 0
    const endless: ByteSource = {
      begin: async () => ({
        ...passOver(Buffer.alloc(0)),
        size: null,
        read: async into => {
          read += into.length
          return into.length
        },
      }),
    }
    world.server.onChange = stream => {
      new Upload(stream, {
        onFrame: ({ bytesHeard }) => {
          if (bytesHeard > 2 * blockBytes) stream.fail(new ConcurError('NO_SPACE', 'server2 is full'))
        },
        keeps: false,
      })
    }
    const error = await failure(client.change(put, endless))
    expect([error.code, error.message]).toEqual(['NO_SPACE', 'server2 is full'])
    const readBefore = read
    await turns(50)
    expect(read).toBe(readBefore)
    expect(world.server.changes).toHaveLength(1)
  })

  test('with nobody who takes it is an error at once', async () => {
    expect(await failure(world.clientOf([second]).change(mkdir, null))).toBeInstanceOf(NoServerError)
  })

  test('that the server answers with something else ends the connection, and its outcome is unknown', async () => {
    world.server.onChange = stream => stream.send('WAITED', { seq: 1, behind: [] }, true)
    const done = await world.passUntil(client.change(mkdir, null))
    expect(done).toMatchObject({ op: null, outcome: 'unknown', error: { code: 'TIMEOUT' } })
    expect(done.error!.message).toMatch(/WAITED in the answer to a CHANGE/)
    expect(world.server.changes).toHaveLength(1)
  })
})

describe('an operation id', () => {
  const operations = () => world.server.changes.map(({ operation }) => operation)

  test('is a nonce of the client’s life, a counter, and the seq that is known', async () => {
    await client.change(mkdir, null)
    await client.change(mkdir, null)
    await world.clientOf([first], 2).change(mkdir, null)
    const [one, two, other] = operations()
    expect(one).toEqual({ nonce: expect.stringMatching(/^[0-9a-f]{32}$/), counter: 1, floor: 811 })
    expect(two).toEqual({ nonce: one!.nonce, counter: 2, floor: 812 })
    expect(other).toEqual({ nonce: expect.not.stringMatching(one!.nonce), counter: 1, floor: 813 })
  })

  test('has floor 0 where the server knows no seq', async () => {
    world.server.hello = { lastSeq: null }
    await client.change(mkdir, null)
    expect(operations()).toMatchObject([{ floor: 0 }])
  })

  test('is one for each of several changes at once', async () => {
    await Promise.all([client.change(mkdir, null), client.change(mkdir, null), client.change(mkdir, null)])
    expect(operations().map(({ counter }) => counter)).toEqual([1, 2, 3])
  })
})

import { type ChangingWorld, changingWorld, put } from '../../fixtures/changing-client.ts'
import { Upload } from '../../fixtures/client-changes.ts'
import { content, failure } from '../../fixtures/client-receiver.ts'
import { until } from '../../fixtures/until.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { blockBytes, streamCreditBytes } from '../../protocol/limits.ts'
import type { ConcurClient } from '../concur-client.ts'
import { type ByteSource, passOver, SourceMoved } from './byte-source.ts'

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

describe('a source', () => {
  test('that changes under the reading is read three times, each as an operation of its own', async () => {
    let passes = 0
    const moving: ByteSource = {
      begin: async () => ({
        ...passOver(content(100)),
        assertUnmoved() {
          if (++passes < 3) throw new SourceMoved('x changed while it was read')
        },
      }),
    }
    const done = await client.change(put, moving)
    expect(done.op?.seq).toBe(812)
    expect(world.server.changes.map(({ operation }) => operation.counter)).toEqual([1, 2, 3])
    await until(
      () => world.server.uploads.slice(0, 2).every(({ failed }) => failed !== null),
      'two to be cancelled',
    )
    expect(world.server.uploads.map(({ seal }) => seal !== null)).toEqual([false, false, true])
  })

  test('that changes each time is CHANGED', async () => {
    const moving: ByteSource = {
      begin: async () => ({
        ...passOver(content(100)),
        assertUnmoved() {
          throw new SourceMoved('x changed while it was read')
        },
      }),
    }
    const error = await failure(client.change(put, moving))
    expect([error.code, error.message]).toEqual(['CHANGED', 'x changed while it was read, 3 tries made'])
    expect(world.server.uploads.every(({ seal }) => seal === null)).toBe(true)
  })

  test('that cannot be read is what it throws, and nothing was sealed', async () => {
    const broken = new ConcurError('IO_ERROR', 'cannot read x: input/output error')
    const unreadable: ByteSource = {
      begin: async () => ({
        ...passOver(Buffer.alloc(0)),
        async read() {
          throw broken
        },
      }),
    }
    expect(await failure(client.change(put, unreadable))).toBe(broken)
    await until(() => (world.server.uploads[0]?.failed ?? null) !== null, 'the server to be told')
    expect(world.server.uploads[0]!.seal).toBeNull()
  })

  test('of any size goes through two blocks and the credit, however slow the server is', async () => {
    let read = 0
    const size = 64 * blockBytes
    const large: ByteSource = {
      begin: async () => ({
        ...passOver(Buffer.alloc(0)),
        size,
        read: async into => {
          const count = Math.min(into.length, size - read)
          read += count
          return count
        },
      }),
    }
    let taken = 0
    let aheadMax = 0
    world.server.onChange = (stream, request) => {
      let before = 0
      new Upload(stream, {
        grants: false,
        keeps: false,
        onFrame: ({ bytesHeard }) => {
          const bytes = bytesHeard - before
          before = bytesHeard
          aheadMax = Math.max(aheadMax, read - taken)
          world.time.after(50, () => {
            taken += bytes
            stream.consumed(bytes)
          })
        },
        onSealed: upload => world.server.finish(stream, request, upload),
      })
    }
    const done = await world.passUntil(client.change(put, large))
    expect(done.size).toBe(size)
    expect(aheadMax).toBeLessThanOrEqual(streamCreditBytes + 2 * blockBytes)
    expect(aheadMax).toBeGreaterThan(0)
  })
})

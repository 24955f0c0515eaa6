import { type ChangingWorld, changingWorld, first, mkdir, put } from '../../fixtures/changing-client.ts'
import { Upload } from '../../fixtures/client-changes.ts'
import { content, failure } from '../../fixtures/client-receiver.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { blockBytes } from '../../protocol/limits.ts'
import type { ConcurClient } from '../concur-client.ts'
import { type ByteSource, BytesSource, passOver } from './byte-source.ts'
import type { ChangeListener } from './change.ts'

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

describe('a server that says nothing', () => {
  test('is given up after 10 s, and the same operation is sent again', async () => {
    world.server.onChange = (stream, request) => {
      if (world.server.changes.length > 1) world.server.finish(stream, request)
    }
    const done = client.change(mkdir, null)
    await world.time.pass(9_000)
    expect(world.server.changes).toHaveLength(1)
    await world.time.pass(3_000)
    expect((await done).op?.seq).toBe(812)
    expect(world.server.changes[1]).toEqual(world.server.changes[0])
  })

  test('is waited for as long as it says that it works', async () => {
    world.server.onChange = (stream, request) => {
      for (let at = 500; at < 60_000; at += 500)
        world.time.after(at, () => stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 }))
      world.time.after(60_000, () => world.server.finish(stream, request))
    }
    const done = client.change(mkdir, null)
    await world.time.pass(60_000)
    expect((await done).op?.seq).toBe(812)
    expect(world.server.changes).toHaveLength(1)
  })

  test('owes nothing while our own bytes do not come', async () => {
    let isThere: () => void = () => {}
    const slow: ByteSource = {
      begin: async () => {
        const bytes = passOver(Buffer.from('late'))
        return {
          ...bytes,
          read: async into => {
            await new Promise<void>(resolve => {
              isThere = resolve
            })
            return bytes.read(into)
          },
        }
      },
    }
    const done = client.change(put, slow)
    await world.time.pass(60_000)
    isThere()
    expect((await done).op?.seq).toBe(812)
    expect(world.server.changes).toHaveLength(1)
  })
})

describe('a refusal', () => {
  /** The first attempt is lost behind its seal; the others are answered so. */
  function refuseLater(error: ConcurError): void {
    world.server.onChange = stream => {
      if (world.server.changes.length > 1) stream.fail(error)
      else new Upload(stream, { onSealed: () => void world.network.cut(first) })
    }
  }
  const change = (listener?: ChangeListener) =>
    world.passUntil(client.change(put, new BytesSource(Buffer.from('text')), listener))

  test('by the coordinator, of a change that it would know, is its word', async () => {
    refuseLater(new ConcurError('PRECONDITION_FAILED', 'not what server2 has'))
    expect((await failure(change())).code).toBe('PRECONDITION_FAILED')
  })

  test.each(['FENCED', 'ROLLED_BACK', 'INTERNAL'] as const)(
    'with %s says nothing of an earlier attempt',
    async code => {
      refuseLater(new ConcurError(code, 'not me'))
      expect(await change()).toMatchObject({ outcome: 'unknown', error: { code: 'TIMEOUT' } })
      expect(world.server.changes).toHaveLength(2)
    },
  )

  test('with FENCED of the first attempt is a refusal', async () => {
    world.server.onChange = stream => stream.fail(new ConcurError('FENCED', 'not me'))
    expect((await failure(change())).code).toBe('FENCED')
  })

  test('with BUSY is waited out for what may have been done, and else an error', async () => {
    world.server.onChange = (stream, request) => {
      if (world.server.changes.length === 1) {
        new Upload(stream, { onSealed: () => void world.network.cut(first) })
        return
      }
      if (world.server.changes.length === 2) return stream.fail(new ConcurError('BUSY', 'too many'))
      new Upload(stream, { onSealed: upload => world.server.finish(stream, request, upload) })
    }
    expect((await change()).op?.seq).toBe(812)
    world.server.onChange = stream => stream.fail(new ConcurError('BUSY', 'too many'))
    expect((await failure(change())).code).toBe('BUSY')
  })

  describe('by a replica', () => {
    const gone = new ConcurError('NOT_COORDINATOR', 'the coordinator was lost: the connection broke')
    beforeEach(() => {
      world.server.hello = { role: 'replica' }
    })

    test('that has lost its coordinator: the same operation is sent again', async () => {
      world.server.onChange = (stream, request) => {
        const { length } = world.server.changes
        const lostIt = new ConcurError('TIMEOUT', 'the coordinator was lost')
        if (length < 3) new Upload(stream, { onSealed: () => stream.fail(length === 1 ? lostIt : gone) })
        else new Upload(stream, { onSealed: upload => world.server.finish(stream, request, upload) })
      }
      expect((await change()).op?.seq).toBe(812)
      expect(world.server.changes[2]).toEqual(world.server.changes[0])
    })

    test('that could not pass it on: nothing was changed, and it says so at once', async () => {
      world.server.onChange = stream => {
        new Upload(stream, { onSealed: () => stream.fail(gone) })
      }
      expect(await failure(change())).toMatchObject({ code: 'UNREACHABLE', message: gone.message })
      expect(world.server.changes).toHaveLength(1)
    })

    test('that its coordinator gave is the last word, also on what was sent before', async () => {
      const few = new ConcurError('UNREACHABLE', 'too few nodes for quorum')
      world.server.onChange = stream => {
        const isFirst = world.server.changes.length === 1
        new Upload(stream, { onSealed: () => (isFirst ? world.network.cut(first) : stream.fail(few)) })
      }
      expect(await failure(change())).toMatchObject({ code: few.code, message: few.message })
      expect(world.server.changes).toHaveLength(2)
    })

    test('before the change was whole is a refusal', async () => {
      world.server.onChange = stream => stream.fail(gone)
      const error = await failure(
        world.passUntil(client.change(put, new BytesSource(content(9 * blockBytes)))),
      )
      expect(error.code).toBe('UNREACHABLE')
      expect(world.server.changes).toHaveLength(1)
    })
  })
})

import {
  type ChangingWorld,
  changingWorld,
  first,
  mkdir,
  Once,
  put,
  second,
} from '../../fixtures/changing-client.ts'
import { Upload } from '../../fixtures/client-changes.ts'
import { content, failure } from '../../fixtures/client-receiver.ts'
import { ScriptedServer } from '../../fixtures/client-server.ts'
import { digestOf } from '../../protocol/digest.ts'
import { blockBytes, chunkBytesMax } from '../../protocol/limits.ts'
import type { ConcurClient } from '../concur-client.ts'
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

const tooLateMs = 31_000

describe('a connection that is lost', () => {
  const bytes = content(2 * blockBytes + 3)
  const frames = Math.ceil(bytes.length / chunkBytesMax) + 1

  /** Cuts the first connection behind so many frames of bytes, and answers the second. */
  function cutBehind(framesMax: number): void {
    world.server.onChange = (stream, request) => {
      const isFirst = world.server.changes.length === 1
      let heard = 0
      const cutWhenDue = () => {
        if (isFirst && heard++ === framesMax) world.network.cut(first)
      }
      world.server.uploads.push(
        new Upload(stream, {
          onFrame: cutWhenDue,
          onSealed: upload => {
            if (!isFirst) world.server.finish(stream, request, upload)
          },
        }),
      )
      cutWhenDue()
    }
  }

  test.each(Array.from({ length: frames + 1 }, (_, at) => at))(
    'behind frame %d of the bytes: the same operation is sent again, whole',
    async framesMax => {
      cutBehind(framesMax)
      const lost: string[] = []
      const done = await world.passUntil(
        client.change(put, new BytesSource(bytes), { onLost: ({ message }) => lost.push(message) }),
      )
      expect(done).toMatchObject({ op: { seq: 812 }, error: null, digest: digestOf(bytes).digest })
      expect(world.server.changes).toHaveLength(2)
      expect(world.server.changes[1]).toEqual(world.server.changes[0])
      expect(world.server.uploads[1]!.bytes.equals(bytes)).toBe(true)
      expect(lost).toEqual([expect.stringMatching(/^127\.0\.0\.1:6001: the connection /)])
    },
  )

  test('of a change without bytes: the same operation is sent again', async () => {
    world.server.onChange = (stream, request) => {
      if (world.server.changes.length === 1) world.network.cut(first)
      else world.server.finish(stream, request)
    }
    const done = await world.passUntil(client.change(mkdir, null))
    expect(done.op?.seq).toBe(812)
    expect(world.server.changes[1]).toEqual(world.server.changes[0])
  })

  test('over another server of the list, under the same id', async () => {
    const other = await new ScriptedServer(world.time).listen(world.network, second)
    other.seq = 900
    world.server.onChange = () => {
      world.network.silence(first)
      world.network.cut(first)
    }
    const done = await world.passUntil(client.change(put, new BytesSource(bytes)))
    expect(done.op?.seq).toBe(901)
    expect(other.changes).toEqual(world.server.changes)
  })

  test('an answer that is there already comes without the bytes being taken', async () => {
    const big = content(4 * blockBytes)
    world.server.onChange = (stream, request) => {
      if (world.server.changes.length > 1) return world.server.finish(stream, request)
      new Upload(stream, { onSealed: () => void world.network.cut(first) })
    }
    const done = await world.passUntil(client.change(put, new BytesSource(big)))
    expect(done.op?.seq).toBe(812)
    await client.change(mkdir, null)
    expect(world.server.connectionCount).toBe(2)
  })

  test('what comes only once and was never whole: nothing was changed', async () => {
    cutBehind(2)
    const error = await failure(world.passUntil(client.change(put, new Once(bytes))))
    expect(error.code).toBe('UNREACHABLE')
    expect(error.message).toMatch(/the connection .*; what comes only once cannot be sent again$/)
    expect(world.server.changes).toHaveLength(1)
  })

  test('what comes only once and was whole: the outcome is unknown', async () => {
    cutBehind(frames)
    const done = await world.passUntil(client.change(put, new Once(bytes)))
    expect(done).toMatchObject({ op: null, applied: [], outcome: 'unknown', error: { code: 'TIMEOUT' } })
    expect(world.server.changes).toHaveLength(1)
  })

  test('what has changed since it was whole is not sent under the same id: the outcome is unknown', async () => {
    let passes = 0
    const changing: ByteSource = {
      begin: async () => ({ ...passOver(Buffer.from(`version ${++passes}`)), identity: String(passes) }),
    }
    cutBehind(2)
    world.server.onChange = stream => {
      new Upload(stream, { onSealed: () => void world.network.cut(first) })
    }
    const done = await world.passUntil(client.change(put, changing))
    expect(done).toMatchObject({ outcome: 'unknown' })
    expect(done.error!.message).toMatch(/it has changed, and cannot be sent again/)
    expect(world.server.changes).toHaveLength(1)
  })

  test('nobody comes back: unknown where it was whole, else nothing was changed', async () => {
    world.server.onChange = stream => {
      world.network.silence(first)
      new Upload(stream, { onSealed: () => void world.network.cut(first) })
    }
    const done = await world.passUntil(client.change(put, new BytesSource(Buffer.from('whole'))))
    expect(done).toMatchObject({ outcome: 'unknown', error: { code: 'TIMEOUT' } })
    expect(done.error!.message).toMatch(/no server answers at 127\.0\.0\.1:6001/)
  })

  test('nobody comes back for what was never whole', async () => {
    world.server.onChange = () => {
      world.network.silence(first)
      world.network.cut(first)
    }
    const error = await failure(world.passUntil(client.change(put, new BytesSource(bytes))))
    expect(error.message).toMatch(/no server answers .*; nothing was changed$/)
  })

  test('again and again is given up', async () => {
    world.server.onChange = () => void world.network.cut(first)
    const done = await world.passUntil(client.change(mkdir, null))
    expect(done.outcome).toBe('unknown')
    const { changes } = world.server
    expect(changes.length).toBeGreaterThan(5)
    expect(new Set(changes.map(change => JSON.stringify(change.operation))).size).toBe(1)
  })

  test('by a client that was closed is not sent again', async () => {
    world.server.onChange = () => client.close()
    expect((await world.passUntil(client.change(mkdir, null))).outcome).toBe('unknown')
    expect(world.server.changes).toHaveLength(1)
  })
})

test('attempts leave no timer behind', async () => {
  world.server.onChange = (stream, request) => {
    if (world.server.changes.length === 1) world.network.cut(first)
    else world.server.finish(stream, request)
  }
  await world.passUntil(client.change(mkdir, null))
  client.close()
  await world.time.pass(tooLateMs)
  expect(world.time.timerCount).toBe(0)
})

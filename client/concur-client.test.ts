import { content, failure, Keeping } from '../fixtures/client-receiver.ts'
import { readsFrom, ScriptedServer } from '../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../fixtures/client-world.ts'
import { turns } from '../fixtures/fake-time.ts'
import { SeededChance } from '../fixtures/seeded-chance.ts'
import { readFrames } from '../fixtures/wire-frames.ts'
import { parseClientId } from '../protocol/ids.ts'
import { carryingPerConnectionMax } from '../protocol/limits.ts'
import type { Verdict } from '../protocol/messages.ts'
import { type FilePath, parsePath } from '../protocol/path.ts'
import { ConcurClient } from './concur-client.ts'
import { NoServerError } from './connecting.ts'

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

describe('connecting', () => {
  const servers = [
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
  ]
  const clientOf = (timers = world.time) =>
    new ConcurClient({ servers, clientId, dialer: world.network, timers, random: new SeededChance(1) })

  test('takes the first server that answers, and says who it is', async () => {
    const b = await new ScriptedServer(world.time).listen(world.network, servers[1])
    await expect(clientOf().status()).resolves.toMatchObject({ coordinator: { name: 'server1' } })
    expect(b.hellos).toMatchObject([{ role: 'client', clientId: 'test@here', name: null }])
  })

  test('gives each server two seconds for its HELLO', async () => {
    await world.network.listen(servers[0]!, transport =>
      transport.start({ onBytes() {}, onEnd() {}, onClosed() {} }),
    )
    await new ScriptedServer(world.time).listen(world.network, servers[1])
    const status = clientOf().status()
    await world.time.pass(2_100)
    await expect(status).resolves.toBeDefined()
  })

  test('lets go of a connection that comes too late', async () => {
    await new ScriptedServer(world.time).listen(world.network, servers[0])
    const dialer = {
      async dial(address: (typeof servers)[0], withinMs: number) {
        const transport = await world.network.dial(address, withinMs)
        await new Promise<void>(resolve => world.time.after(3_000, resolve))
        return transport
      },
    }
    const late = new ConcurClient({
      servers: [servers[0]!],
      clientId,
      dialer,
      timers: world.time,
      random: new SeededChance(1),
    })
    const failed = failure(late.status())
    await world.time.pass(2_100)
    expect((await failed).message).toMatch(/no answer within 2 s/)
    expect(world.network.connectionCount).toBe(1)
    await world.time.pass(1_500)
    expect(world.network.connectionCount).toBe(0)
  })

  test('names every server and its reason when none answers', async () => {
    await world.network.listen(servers[1]!, transport =>
      transport.start({ onBytes() {}, onEnd() {}, onClosed() {} }),
    )
    const failed = failure(clientOf().status())
    await world.time.pass(5_000)
    const error = await failed
    expect(error).toBeInstanceOf(NoServerError)
    expect(error.code).toBe('UNREACHABLE')
    expect(error.message).toBe('no server answers at a:1 (connection refused), b:2 (no answer within 2 s)')
  })

  test('keeps the code of a server that turns us away', async () => {
    await world.network.listen(servers[0]!, transport => {
      transport.start({ onBytes() {}, onEnd() {}, onClosed() {} })
      transport.write([Buffer.from('HTTP/1.1 400 Bad Request\r\n')], () => {})
    })
    const failed = failure(clientOf().status())
    await world.time.pass(1_500)
    expect((await failed).code).toBe('BAD_FRAME')
  })

  test('is done once for requests at once, and again after the connection was lost', async () => {
    world.server.onRead = readsFrom({ x: [{ bytes: content(5), on: both }] })
    await Promise.all([read(), read(), client.status()])
    expect(world.server.connectionCount).toBe(1)
    world.network.cut({ host: '127.0.0.1', port: 6001 })
    await turns(20)
    await read()
    expect(world.server.connectionCount).toBe(2)
  })

  test('costs no waiting: the first request leaves together with our HELLO', async () => {
    const writes: string[][] = []
    await world.network.listen(servers[0]!, transport =>
      transport.start({
        onBytes: bytes => writes.push(readFrames(bytes).map(({ opcode }) => opcode)),
        onEnd() {},
        onClosed() {},
      }),
    )
    const failed = failure(clientOf().read(path, { bodies: 'none' }, new Keeping()))
    await turns(20)
    expect(writes).toEqual([['HELLO', 'READ']])
    await world.time.pass(5_000)
    await failed
  })

  test('asks the next server what the first one turned away', async () => {
    await world.network.listen(servers[0]!, transport =>
      transport.start({ onBytes: () => transport.destroy(), onEnd() {}, onClosed() {} }),
    )
    const b = await new ScriptedServer(world.time).listen(world.network, servers[1])
    b.onRead = readsFrom({ x: [{ bytes: content(5), on: both }] })
    const receiver = new Keeping()
    await expect(clientOf().read(path, { bodies: 'all' }, receiver)).resolves.toMatchObject({
      verdict: 'SINGLE_FILE',
    })
    expect(receiver.bytes).toEqual(content(5))
    expect(b.asked).toHaveLength(1)
  })

  test('does not outlive the client', async () => {
    const failed = failure(client.status())
    client.close()
    expect((await failed).message).toBe('the client was closed')
    await turns(20)
    expect(world.network.connectionCount).toBe(0)
  })

  test('a request fails when its connection is lost, and is not repeated', async () => {
    world.server.onRead = () => {}
    const failed = failure(read())
    await turns(50)
    world.network.cut({ host: '127.0.0.1', port: 6001 })
    const error = await failed
    expect(error.code).toBe('UNREACHABLE')
    expect(error.message).toMatch(/^127.0.0.1:6001: the /)
    expect(world.server.asked).toHaveLength(1)
  })
})

test('of many files at once so many are asked for as a server works on, and the others as these have come', async () => {
  const waiting: (() => void)[] = []
  let atOnce = 0
  let most = 0
  world.server.onRead = (stream, request) => {
    most = Math.max(most, ++atOnce)
    waiting.push(() => {
      atOnce--
      readsFrom({ x: [{ bytes: Buffer.from('content'), on: both }] })(stream, request)
    })
  }
  const reads = Array.from({ length: 2 * carryingPerConnectionMax + 1 }, () => read())
  const told = Promise.all(reads)
  let isOver = false
  void told.finally(() => {
    isOver = true
  })
  while (!isOver) {
    await turns(5)
    waiting.shift()?.()
  }
  expect((await told).every(({ verdict }) => verdict === 'SINGLE_FILE')).toBe(true)
  expect(most).toBe(carryingPerConnectionMax)
})

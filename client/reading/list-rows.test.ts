import { failure } from '../../fixtures/client-receiver.ts'
import { absent, node } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { turns } from '../../fixtures/fake-time.ts'
import { SeededChance } from '../../fixtures/seeded-chance.ts'
import { parseClientId } from '../../protocol/ids.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import { ConcurClient } from '../concur-client.ts'

const clientId = parseClientId('test@here')!
const path: FilePath = parsePath('x')

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

describe('a listing', () => {
  test('gives a page at a time, and the server waits for who takes them', async () => {
    const rows = Array.from({ length: 100 }, (_, nth) => ({
      ...row(`a/${String(nth).padStart(3, '0')}`),
    }))
    world.server.onList = stream => {
      for (let at = 0; at < 100; at += 10) void stream.sendFlow('ROWS', { rows: rows.slice(at, at + 10) })
      void stream.sendFlow('LISTED', { unreachable: [absent('server2')] }, true)
    }
    const seen: string[] = []
    let atOnce = 0
    const listed = await client.list(
      path,
      { recursive: true, compare: false },
      {
        async onRows(page) {
          expect(++atOnce).toBe(1)
          await turns(2)
          atOnce--
          seen.push(...page.map(({ path }) => path))
        },
      },
    )
    expect(seen).toEqual(rows.map(({ path }) => path))
    expect(listed.unreachable).toMatchObject([{ node: 'server2' }])
  })

  test('that takes long to be worked on is not taken for a silent server', async () => {
    world.server.onList = stream => {
      void stream.sendFlow('ROWS', { rows: [row('x/a')] })
      setTimeout(() => void stream.sendFlow('LISTED', { unreachable: [] }, true), 20)
    }
    const listing = client.list(
      path,
      { recursive: true, compare: false },
      { onRows: () => world.time.pass(60_000) },
    )
    await expect(listing).resolves.toEqual({ unreachable: [] })
  })

  test('of a server that falls silent ends', async () => {
    world.server.onList = () => {}
    const failed = failure(client.list(path, { recursive: true, compare: false }, { onRows: async () => {} }))
    await world.time.pass(12_000)
    expect((await failed).code).toBe('TIMEOUT')
  })

  test('ends with what its receiver throws', async () => {
    world.server.onList = stream => void stream.sendFlow('ROWS', { rows: [row('x/a')] })
    const mine = new Error('mine')
    const failed = failure(
      client.list(path, { recursive: true, compare: true }, { onRows: () => Promise.reject(mine) }),
    )
    expect(await failed).toBe(mine)
  })
})

function row(path: string) {
  const copy = { type: 'file' as const, digest: null, size: 1, mtimeMs: 0 }
  const nodes = [{ node: node('server1'), copy }]
  const named = { escaped: false as const, path: path as FilePath }
  return { ...named, type: 'file' as const, mark: null, size: 1, digest: null, nodes }
}

import { node, rowOf, silent, verifies } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Row } from '../../protocol/messages.ts'

const one = Buffer.from('Hello from Server1\n')
const two = Buffer.from('Hello from Server2\n')

const same = '3 files, 71 B, on 2 nodes: all the same  (by their digests; --deep reads every byte)\n'
const differs = rowOf('file2.txt', '*', { server1: one, server2: two })
const missing = rowOf('file3.txt', '+', { server1: one, server2: null })
const lacking = rowOf('sub', '-', { server1: null, server2: 'folder' })
const late = rowOf('late', '~', { server1: one, server2: null })
const link = rowOf('link', '!', { server1: 'link', server2: 'link' })

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
})
afterEach(() => world.shell.remove())

const statusOf = async (rows: readonly Row[], ...options: string[]) => {
  world.server.onVerify = verifies(rows)
  return (await world.shell.run(['verify', ...options])).status
}

test('everything is the same: one line and status 0', async () => {
  const { status, out, err } = await world.shell.run(['verify'])
  expect([status, out.text, err.text]).toEqual([0, same, ''])
})

test.each([
  [['verify'], { path: '', deep: false }],
  [['verify', '.'], { path: '', deep: false }],
  [['verify', '/', '--deep'], { path: '', deep: true }],
  [['--deep', 'verify', 'a/b'], { path: 'a/b', deep: true }],
])('%j asks for %j', async (argv, body) => {
  await world.shell.run(argv)
  expect(world.server.asked).toEqual([{ opcode: 'VERIFY', body }])
})

test('a line for each that is not the same, with who holds it, and one for the whole', async () => {
  world.server.onVerify = verifies([differs, missing, link, lacking, late], {
    files: 100_000,
    bytes: 2 ** 30,
  })
  const { out, err } = await world.shell.run(['verify', '--deep'])
  expect(out.lines).toEqual([
    '* file2.txt  server1 ≠ server2',
    '+ file3.txt  server1',
    '! link',
    '- sub/  server2',
    '~ late  server1',
    '100000 files, 1 GiB, on 2 nodes: 3 not the same, 1 only behind, 1 not compared  (every byte was read)',
  ])
  expect(err.text).toBe('')
})

describe('the exit status', () => {
  test.each([
    [[differs], 1],
    [[missing], 1],
    [[lacking], 1],
    [[late], 1],
    [[link], 2],
    [[differs, link], 2],
    [[link, missing], 2],
  ])('of rows %# is as the contract says', async (rows, status) => {
    expect(await statusOf(rows)).toBe(status)
    expect(await statusOf(rows, '--json')).toBe(status)
    expect(await statusOf(rows, '--quiet')).toBe(status)
  })
})

test('--quiet leaves out the line for the whole', async () => {
  world.server.onVerify = verifies([differs])
  expect((await world.shell.run(['verify', '--quiet'])).out.text).toBe('* file2.txt  server1 ≠ server2\n')
})

test('--json is a line for each that is not the same, as of ls, and nothing else', async () => {
  world.server.onVerify = verifies([differs, lacking])
  const { out } = await world.shell.run(['verify', '--json'])
  const documents = out.lines.map(line => JSON.parse(line))
  expect(documents).toMatchObject([
    { path: 'file2.txt', type: 'file', mark: '*', digest: null, nodes: { server1: { size: 19 } } },
    { path: 'sub', type: 'folder', mark: '-', size: null, nodes: { server1: null } },
  ])
  expect(Object.keys(documents[0])).toEqual(['path', 'type', 'mark', 'size', 'digest', 'nodes'])
  world.server.onVerify = verifies([])
  expect(await world.shell.run(['verify', '--json'])).toMatchObject({ status: 0, out: { text: '' } })
})

describe('a node that could not be asked', () => {
  const unreachable = [silent('server2')]

  test('is never status 0, though there is not a row', async () => {
    world.server.onVerify = verifies([], { files: 0, bytes: 0, unreachable })
    const { status, out, err } = await world.shell.run(['verify', 'sub'])
    expect(status).toBe(2)
    expect(out.text).toMatch(/^0 files, 0 B, on 1 of 2 nodes: /)
    expect(err.text).toBe('ERROR UNREACHABLE sub: server2 did not answer within 2 s\n')
    const json = await world.shell.run(['verify', '--json'])
    expect(json.status).toBe(2)
    expect(json.out.lines.map(line => JSON.parse(line))).toMatchObject([
      { ok: false, error: { code: 'UNREACHABLE', message: 'server2 did not answer within 2 s' } },
    ])
  })

  test('does not hide that the others differ', async () => {
    const nodes = ['server1', 'server2', 'server3'].map(node)
    world.server.onVerify = verifies([differs], { nodes, unreachable: [silent('server3')] })
    const { status, out } = await world.shell.run(['verify'])
    expect(status).toBe(1)
    expect(out.lines.at(-1)).toMatch(/^3 files, 71 B, on 2 of 3 nodes: 1 not the same {2}/)
  })
})

describe('what cannot be verified is an error:', () => {
  test('nothing is there', async () => {
    world.server.onVerify = stream =>
      stream.fail(new ConcurError('NOT_FOUND', 'not on server1, not on server2'))
    const { status, err } = await world.shell.run(['verify', 'nowhere'])
    expect([status, err.text]).toEqual([2, 'ERROR NOT_FOUND nowhere: not on server1, not on server2\n'])
    const json = await world.shell.run(['verify', 'nowhere', '--json'])
    expect(JSON.parse(json.out.text)).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } })
  })

  test('a path that is none', async () => {
    const { status, err } = await world.shell.run(['verify', '..'])
    expect([status, err.text]).toEqual([2, 'ERROR BAD_PATH ..: not a path: .. as a part\n'])
    expect(world.server.connectionCount).toBe(0)
  })

  test('a file where a folder was meant', async () => {
    const row = rowOf('file1.txt', null, { server1: one, server2: one })
    world.server.onList = stream => {
      void stream.sendFlow('ROWS', { rows: [row] })
      void stream.sendFlow('LISTED', { unreachable: [] }, true)
    }
    const { status, err } = await world.shell.run(['verify', 'file1.txt/'])
    const said = 'ERROR NOT_DIRECTORY file1.txt: a file on server1, a file on server2\n'
    expect([status, err.text]).toEqual([2, said])
    expect(world.server.asked.map(({ opcode }) => opcode)).toEqual(['LIST'])
  })

  test('a coordinator that is gone', async () => {
    world.server.onVerify = stream =>
      stream.fail(new ConcurError('UNREACHABLE', 'the coordinator was not asked'))
    expect(await world.shell.run(['verify'])).toMatchObject({
      status: 2,
      err: { text: 'ERROR UNREACHABLE: the coordinator was not asked\n' },
    })
  })

  test('a server that says nothing', async () => {
    world.server.onVerify = () => {}
    const running = world.shell.run(['verify'])
    await world.time.pass(15_000)
    expect((await running).err.text).toBe('ERROR TIMEOUT: the server said nothing for 10 s\n')
  })

  test('a server that answers something else, or does not end with VERIFIED', async () => {
    const listed = { unreachable: [] }
    world.server.onVerify = stream => void stream.sendFlow('LISTED', listed, true)
    expect((await world.shell.run(['verify'])).err.text).toMatch(
      /^ERROR BAD_FRAME: .*LISTED in the answer to VERIFY/,
    )
    world.server.onVerify = stream => void stream.sendFlow('ROWS', { rows: [differs] }, true)
    expect((await world.shell.run(['verify'])).err.text).toMatch(/^ERROR BAD_FRAME: /)
  })
})

import { writeFileSync } from 'node:fs'
import {
  absent,
  endBodies,
  errorVerdict,
  node,
  readsFrom,
  sendBody,
  silent,
  verdictOf,
  versionOf,
} from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { digestOf } from '../../protocol/digest.ts'

const hello = Buffer.from('Hello!! Identical content test\n')
const one = Buffer.from('Hello from Server1\n')
const two = Buffer.from('Hello from Server2\n')
const both = ['server1', 'server2']
const hourMs = 3_600_000

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
  world.server.onRead = readsFrom({
    'file1.txt': [{ bytes: hello, on: both }],
    'file2.txt': [
      { bytes: one, on: ['server1'] },
      { bytes: two, on: ['server2'], mtimeMs: world.time.nowMs() - hourMs },
    ],
    'sub/tool': [{ bytes: hello, on: both, executable: true }],
    empty: [{ bytes: Buffer.alloc(0), on: both }],
  })
})
afterEach(() => world.shell.remove())

describe('what a person sees', () => {
  test('a file that all copies agree on is saved under its last part and told in one line', async () => {
    const { status, out, err } = await world.shell.run(['get', 'file1.txt'])
    expect(out.text).toBe('SINGLE_FILE file1.txt  31 B  server1 = server2  saved as file1.txt\n')
    expect(err.text).toBe('')
    expect(status).toBe(0)
    expect(world.shell.content('file1.txt')).toBe(hello.toString())
    expect(world.shell.names).toEqual(['file1.txt'])
  })

  test('versions that differ are saved under their nodes, and the name itself is left untouched', async () => {
    writeFileSync(world.shell.path('file2.txt'), 'mine')
    const { status, out } = await world.shell.run(['get', 'file2.txt'])
    const [first, second] = [one, two].map(bytes => digestOf(bytes).digest.slice(0, 7))
    expect(out.lines).toEqual([
      'DIFFERENT_FILES file2.txt  2 versions  never replicated',
      `  server1  19 B  ${first}…  3 min ago  saved as file2.txt.server1`,
      `  server2  19 B  ${second}…  1 h ago    saved as file2.txt.server2`,
      'settle it: concur diff file2.txt · concur resolve file2.txt --keep server1',
    ])
    expect(status).toBe(1)
    expect(world.shell.names).toEqual(['file2.txt', 'file2.txt.server1', 'file2.txt.server2'])
    expect(world.shell.content('file2.txt')).toBe('mine')
    expect(world.shell.content('file2.txt.server2')).toBe(two.toString())
  })

  test('nodes that do not count are named in brackets', async () => {
    world.server.onRead = readsFrom(
      { 'file3.txt': [{ bytes: two, on: ['server1'] }] },
      {
        missing: [node('server2')],
        unreachable: [node('server3')],
        details: [absent('server2'), silent('server3')],
      },
    )
    const { status, out } = await world.shell.run(['get', 'file3.txt'])
    expect(out.text).toBe(
      'SINGLE_FILE file3.txt  19 B  server1  (missing on server2)  (server3 did not answer within 2 s)  saved as file3.txt\n',
    )
    expect(status).toBe(0)
  })

  test('an error is one line on standard error, and nothing is saved', async () => {
    const { status, out, err } = await world.shell.run(['get', 'file4.txt'])
    expect(out.text).toBe('')
    expect(err.text).toBe('ERROR NOT_FOUND file4.txt: not on server1, not on server2\n')
    expect(status).toBe(2)
    expect(world.shell.names).toEqual([])
  })

  test('--quiet drops verdict lines and keeps errors', async () => {
    const { out, err } = await world.shell.run(['--quiet', 'get', 'file1.txt', 'file2.txt', 'file4.txt'])
    expect(out.text).toBe('')
    expect(err.lines).toEqual(['ERROR NOT_FOUND file4.txt: not on server1, not on server2'])
    expect(world.shell.names).toEqual(['file1.txt', 'file2.txt.server1', 'file2.txt.server2'])
  })

  test('text of others can neither move the cursor nor end a line', async () => {
    world.server.onRead = stream =>
      stream.send('VERDICT', errorVerdict('IO_ERROR', 'fine\nSINGLE_FILE x \u001b[2J\u009b2J'), true)
    const { err } = await world.shell.run(['get', 'x'])
    expect(err.text).toBe('ERROR IO_ERROR x: fine\ufffdSINGLE_FILE x \ufffd[2J\ufffd2J\n')
  })
})

describe('exit status', () => {
  test('the worst of several paths counts, and each is told', async () => {
    expect((await world.shell.run(['get', 'file1.txt', 'empty'])).status).toBe(0)
    expect((await world.shell.run(['get', 'file1.txt', 'file2.txt'])).status).toBe(1)
    const { status, out } = await world.shell.run(['get', 'file4.txt', 'file2.txt', 'file1.txt'])
    expect(status).toBe(2)
    expect(out.lines.at(-1)).toMatch(/^SINGLE_FILE file1.txt/)
  })

  test('--strict makes an unreachable node an error, and saves nothing', async () => {
    const others = { unreachable: [node('server2')], details: [silent('server2')] }
    world.server.onRead = readsFrom({ x: [{ bytes: one, on: ['server1'] }] }, others)
    const { status, err } = await world.shell.run(['get', 'x', '--strict'])
    expect(status).toBe(2)
    expect(err.text).toBe('ERROR UNREACHABLE x: server2 did not answer within 2 s\n')
    expect(world.shell.names).toEqual([])
    expect((await world.shell.run(['get', 'x'])).status).toBe(0)
  })

  test('--strict is content when all nodes took part, though one lacks the file', async () => {
    const others = { missing: [node('server2')], details: [absent('server2')] }
    world.server.onRead = readsFrom({ x: [{ bytes: one, on: ['server1'] }] }, others)
    expect((await world.shell.run(['get', 'x', '--strict'])).status).toBe(0)
  })
})

describe('--from', () => {
  test('takes the version of that node under the plain name, and copies that differ are still status 1', async () => {
    const { status, out } = await world.shell.run(['get', 'file2.txt', '--from', 'server2'])
    expect(world.server.lastRead).toMatchObject({ bodies: 'from', from: 'server2' })
    expect(world.shell.names).toEqual(['file2.txt'])
    expect(world.shell.content('file2.txt')).toBe(two.toString())
    expect(out.lines[1]).not.toMatch(/saved as/)
    expect(out.lines[2]).toMatch(/^ {2}server2 .* saved as file2.txt$/)
    expect(status).toBe(1)
  })
})

describe('kinds', () => {
  test('a trailing slash asks for a folder: a file there is NOT_DIRECTORY', async () => {
    const { status, err } = await world.shell.run(['get', 'file1.txt/'])
    expect(status).toBe(2)
    expect(err.text).toBe('ERROR NOT_DIRECTORY file1.txt: a file on server1 = server2\n')
    expect(world.shell.names).toEqual([])
  })

  test('a folder is the error that the server says', async () => {
    world.server.onRead = stream =>
      stream.send('VERDICT', errorVerdict('IS_DIRECTORY', 'a folder on server1'), true)
    expect((await world.shell.run(['get', 'sub'])).err.text).toBe(
      'ERROR IS_DIRECTORY sub: a folder on server1\n',
    )
  })

  test('a version that is no file is told and not saved', async () => {
    const file = versionOf({ bytes: one, on: ['server1'] })
    const folder = {
      ...versionOf({ bytes: two, on: ['server2'] }),
      type: 'folder' as const,
      digest: null,
      size: 0,
      mtimeMs: null,
    }
    world.server.onRead = stream => {
      const verdict = verdictOf([
        { bytes: one, on: ['server1'] },
        { bytes: two, on: ['server2'] },
      ])
      const versions = [file, folder].map(version => ({ ...version, cause: 'never-replicated' as const }))
      stream.send('VERDICT', { ...verdict, versions }, false)
      sendBody(stream, 0, one)
      endBodies(stream)
    }
    const { status, out } = await world.shell.run(['get', 'x'])
    expect(status).toBe(1)
    expect(out.lines.slice(1)).toEqual([
      `  server1  19 B    ${file.digest!.slice(0, 7)}…  3 min ago  saved as x.server1`,
      '  server2  folder',
    ])
    expect(world.shell.names).toEqual(['x.server1'])
  })
})

/**
 * A hostile server lies about what it sends, and about where it belongs: nothing outside of what was asked for is touched,
 * nothing half is left, what is there stays, and it ends with one sentence and status 2.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  endBodies,
  lists,
  node,
  readsFrom,
  rowOf,
  sendBody,
  verdictOf,
  versionOf,
} from '../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../fixtures/client-world.ts'
import { digestOf } from '../protocol/digest.ts'
import { blockBytes, chunkBytesMax } from '../protocol/limits.ts'
import type { Read, Row, Verdict } from '../protocol/messages.ts'
import type { Stream } from '../protocol/stream.ts'

let world: ClientWorld
let outside: string

beforeEach(async () => {
  world = await clientWorld()
  outside = mkdtempSync(join(tmpdir(), 'concur-outside-'))
  writeFileSync(join(outside, 'canary'), 'alive')
})

afterEach(() => {
  world.shell.remove()
  rmSync(outside, { recursive: true })
})

const content = Buffer.from('the content that was asked for\n')
const other = Buffer.from('another content, which was not\n')
const large = Buffer.alloc(blockBytes + 5, 'large')
const on = ['server1', 'server2']
const truth = verdictOf([{ bytes: content, on }])

type Lie = (stream: Stream, request: Read) => void

const saying =
  (verdict: Verdict, ...rest: ((stream: Stream) => void)[]): Lie =>
  stream => {
    stream.send('VERDICT', verdict, rest.length === 0)
    for (const say of rest) say(stream)
  }
const body =
  (bytes: Buffer, version = 0, digests?: Buffer) =>
  (stream: Stream): void =>
    sendBody(stream, version, bytes, digests)
const announce =
  (size: number, version = 0) =>
  (stream: Stream): void =>
    void stream.sendFlow('BODY', { version, size })
const digests =
  (bytes: Buffer) =>
  (stream: Stream): void =>
    void stream.sendPiece('DIGESTS', bytes)
const chunk =
  (bytes: Buffer, fin = false) =>
  (stream: Stream): void =>
    void stream.sendPiece('CHUNK', bytes, fin)
const sized = (size: number): Verdict => ({
  ...truth,
  versions: [{ ...truth.versions[0]!, size }],
})
const ofContent = digestOf(content).blockDigests

/** Lies about one file. */
const lies: Record<string, Lie> = {
  'other bytes than those of the verdict': saying(truth, body(other), endBodies),
  'other bytes under the right digests': saying(truth, body(other, 0, ofContent), endBodies),
  'the right bytes under other digests': saying(
    truth,
    body(content, 0, digestOf(other).blockDigests),
    endBodies,
  ),
  'one byte less': saying(
    truth,
    announce(content.length),
    digests(ofContent),
    chunk(content.subarray(1), true),
  ),
  'one byte more': saying(
    truth,
    announce(content.length),
    digests(ofContent),
    chunk(Buffer.concat([content, content.subarray(0, 1)]), true),
  ),
  'a size of its own in front of the body': saying(
    truth,
    announce(content.length + 1),
    digests(ofContent),
    chunk(content, true),
  ),
  'a size of nothing in front of the body': saying(
    truth,
    announce(0),
    digests(ofContent),
    chunk(content, true),
  ),
  'a verdict with a size that is too small': saying(sized(3), body(content), endBodies),
  'a verdict with a size that is too large': saying(sized(3_000), body(content), endBodies),
  'a verdict of 1 TiB, and a few bytes': saying(sized(2 ** 40), body(content), endBodies),
  'a verdict of more than any file': saying(sized(2 ** 40 + 1), body(content), endBodies),
  'a verdict of a size that no number is': saying(sized(Number.MAX_SAFE_INTEGER), body(content), endBodies),
  'no digests at all': saying(truth, announce(content.length), chunk(content, true)),
  'half a digest': saying(
    truth,
    announce(content.length),
    digests(ofContent.subarray(0, 16)),
    chunk(content, true),
  ),
  'a digest too many': saying(
    truth,
    announce(content.length),
    digests(Buffer.concat([ofContent, ofContent])),
    chunk(content, true),
  ),
  'digests behind the bytes': saying(
    truth,
    announce(content.length),
    chunk(content),
    digests(ofContent),
    endBodies,
  ),
  'an endless list of digests': saying(
    truth,
    announce(content.length),
    ...Array(40).fill(digests(Buffer.alloc(chunkBytesMax))),
  ),
  'endless bytes': saying(
    truth,
    announce(content.length),
    digests(ofContent),
    ...Array(40).fill(chunk(Buffer.alloc(chunkBytesMax))),
  ),
  'bytes before any body': saying(truth, chunk(content, true)),
  'the body of a version that there is not': saying(truth, body(content, 7), endBodies),
  'the same body twice': saying(truth, body(content), body(content), endBodies),
  'no body at all': saying(truth, endBodies),
  'an end instead of bytes': stream => stream.send('VERDICT', truth, true),
  'a verdict twice': saying(truth, stream => stream.send('VERDICT', truth), body(content), endBodies),
  'a body before the verdict': stream => {
    sendBody(stream, 0, content)
    stream.send('VERDICT', truth, true)
  },
  'two versions in a SINGLE_FILE': saying(
    {
      ...truth,
      versions: [
        versionOf({ bytes: content, on: ['server1'] }),
        versionOf({ bytes: other, on: ['server2'] }),
      ],
    },
    body(content),
    endBodies,
  ),
  'a SINGLE_FILE without a version': saying({ ...truth, versions: [] }),
  'an ERROR without an error': saying({ ...truth, verdict: 'ERROR', versions: [] }),
  'a version that nobody holds': saying(
    { ...truth, versions: [{ ...truth.versions[0]!, copies: [] }] },
    body(content),
    endBodies,
  ),
  'a file without a digest': saying(
    { ...truth, versions: [{ ...truth.versions[0]!, digest: null }] },
    body(content),
    endBodies,
  ),
  'rows of a listing': stream => void stream.sendFlow('LISTED', { unreachable: [] }, true),
  'the answer to a change': stream => stream.send('WAITED', { seq: 1, behind: [] }, true),
}

/** What must be as it was, whatever is said. */
function untouched(): void {
  expect(readdirSync(outside)).toEqual(['canary'])
  expect(readFileSync(join(outside, 'canary'), 'utf8')).toBe('alive')
}

describe('get, told', () => {
  test.each(Object.keys(lies))('%s, saves nothing, and says why', async lie => {
    world.server.onRead = lies[lie]!
    writeFileSync(world.shell.path('a.txt'), 'mine')
    const { status, err } = await world.passUntil(world.shell.run(['get', 'a.txt']))
    expect([status, err.lines.length]).toEqual([2, 1])
    expect(err.text).toMatch(/^ERROR [A-Z_]+/)
    expect(world.shell.names).toEqual(['a.txt'])
    expect(world.shell.content('a.txt')).toBe('mine')
    untouched()
  })

  test.each(Object.keys(lies))('%s, puts nothing wrong on standard output', async lie => {
    world.server.onRead = lies[lie]!
    const { status, out } = await world.passUntil(world.shell.run(['cat', 'a.txt']))
    expect(status).toBe(2)
    // What went there before the lie was told is of the verdict.
    expect(['', content.toString()]).toContain(out.text)
  })

  test('a second block that is another one leaves nothing of the first', async () => {
    const wrong = Buffer.from(large)
    wrong[blockBytes + 1] = 0
    world.server.onRead = saying(
      verdictOf([{ bytes: large, on }]),
      body(wrong, 0, digestOf(large).blockDigests),
      endBodies,
    )
    const { status } = await world.passUntil(world.shell.run(['get', 'a.txt']))
    expect(status).toBe(2)
    expect(world.shell.names).toEqual([])
  })
})

const file = (path: string): Row => rowOf(path, null, { server1: content, server2: content })
const folder = (path: string): Row => rowOf(path, null, { server1: 'folder', server2: 'folder' })

/** Listings of what `get -r p` asks for. */
const listings: Record<string, readonly Row[]> = {
  'a path that leads up': [file('p/../../canary')],
  'a path that leads up at its end': [file('p/..')],
  'a path from the root': [file('/etc/concur-was-here')],
  'a path beside the folder': [file('canary')],
  'a path that begins like the folder': [file('pp/canary')],
  'a path with an empty part': [file('p//canary')],
  'a path of one dot': [file('p/./canary')],
  'a path with a zero byte': [file('p/a\0b')],
  'a path with a line end': [file('p/a\nb')],
  'the server’s own folder': [file('.concur/node.json')],
  'a path that is too long': [file(`p/${'x'.repeat(256)}`)],
  'a folder that leads up': [folder('p/../up')],
}

describe('get -r, told', () => {
  test.each(Object.keys(listings))('%s, writes nothing anywhere', async listing => {
    world.server.onList = lists(listings[listing]!)
    world.server.onRead = (stream, request) =>
      readsFrom({ [request.path]: [{ bytes: content, on }] })(stream, request)
    const { status, err } = await world.passUntil(
      world.shell.run(['get', '-r', 'p', '-o', join(outside, 'into')]),
    )
    expect(status).toBe(2)
    expect(err.text).toMatch(/^ERROR BAD_(PATH|FRAME)/)
    expect(readdirSync(outside).filter(name => name !== 'into')).toEqual(['canary'])
    untouchedBeside('into')
  })

  test.each([
    ['a file through a link', [file('p/link/canary')]],
    ['a folder through a link', [folder('p/link/new')]],
    ['a file below a file', [file('p/a'), file('p/a/b')]],
    ['a file where a folder is', [folder('p/a'), file('p/a')]],
    ['the same file twice, and a folder of that name', [file('p/a'), file('p/a'), folder('p/a')]],
  ])('%s, follows no link and keeps what is there', async (_, rows) => {
    mkdirSync(world.shell.path('p'))
    symlinkSync(outside, world.shell.path('p/link'))
    world.server.onList = lists(rows)
    world.server.onRead = (stream, request) =>
      readsFrom({ [request.path]: [{ bytes: content, on }] })(stream, request)
    const { status } = await world.passUntil(world.shell.run(['get', '-r', 'p']))
    expect([0, 2]).toContain(status)
    untouched()
    for (const name of readdirSync(world.shell.path('p'))) expect(['a', 'link']).toContain(name)
  })
})

function untouchedBeside(name: string): void {
  rmSync(join(outside, name), { recursive: true, force: true })
  untouched()
}

describe('what a node is called', () => {
  test('cannot lead out of the folder: versions are saved by names that were parsed', async () => {
    const versions = verdictOf([
      { bytes: content, on: ['server1'] },
      { bytes: other, on: ['server2'] },
    ])
    const lying = structuredClone(versions)
    ;(lying.versions[1]!.copies[0] as { node: string }).node = '../../canary'
    world.server.onRead = saying(lying, body(content), body(other, 1), endBodies)
    const { status } = await world.passUntil(world.shell.run(['get', 'a.txt']))
    expect(status).toBe(2)
    expect(world.shell.names).toEqual([])
    untouched()
    expect(node('server1')).toBe('server1')
  })
})

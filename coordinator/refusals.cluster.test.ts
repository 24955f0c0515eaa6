/** A change that is refused has its code, and leaves no trace on any node: no file, nothing staged, no record. */
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Wish } from '../client/sending/wish.ts'
import type { Cluster } from '../fixtures/cluster.ts'
import type { Answer, RawPeer } from '../fixtures/raw-peer.ts'
import type { ChangeRequest } from '../protocol/change-messages.ts'
import { digestOf } from '../protocol/digest.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import { inlineBytesMax } from '../protocol/limits.ts'
import { parsePath } from '../protocol/path.ts'
import type { Operation } from '../protocol/record.ts'
import {
  stagedOn,
  startTraced,
  type Trace,
  tracesOf,
  untilNothingStaged,
  untilStagedOn,
} from './no-trace.fixture.ts'

type What = Wish['what']

const at = parsePath
const small = Buffer.from('text')
/** Goes ahead of its record, to every node. */
const large = Buffer.alloc(4 * inlineBytesMax, 'large')
const other = digestOf(Buffer.from('other')).digest

let cluster: Cluster
let before: Record<string, Trace>

/** One cluster for all: nothing changes it. */
beforeAll(async () => {
  cluster = await startTraced()
  for (const name of ['server1', 'server2', 'server3']) {
    symlinkSync('x', join(cluster.node(name).root, 'link'))
    if (name !== 'server1') cluster.write(name, 'lacking', 'L')
    cluster.write(name, 'differs', name)
  }
  before = tracesOf(cluster)
})

afterAll(() => cluster.close())

afterEach(async () => {
  await untilNothingStaged(cluster)
  expect(tracesOf(cluster)).toEqual(before)
})

const put = (path: string): What => ({ type: 'put', path: at(path), executable: null })
const append = (path: string, create = false): What => ({ type: 'append', path: at(path), create })
const mv = (from: string, to: string, force = false): What => ({
  ...{ type: 'rename', from: at(from), to: at(to), force },
})
const rm = (path: string, recursive = false): What => ({
  ...{ type: 'delete', path: at(path), recursive, force: false },
})
const mkdir = (path: string, parents = false): What => ({ type: 'mkdir', path: at(path), parents })

const refusals: [string, What, ErrorCode][] = [
  ['an append to a missing file', append('nothing'), 'NOT_FOUND'],
  ['an append to copies that differ', append('differs'), 'CONFLICT'],
  ['an append to a file that the coordinator lacks', append('lacking'), 'CONFLICT'],
  ['an append to a folder', append('folder'), 'IS_DIRECTORY'],
  ['an append that may create, below a file', append('x/below', true), 'NOT_DIRECTORY'],
  ['a put onto a folder', put('folder'), 'IS_DIRECTORY'],
  ['a put below a file', put('x/below'), 'NOT_DIRECTORY'],
  ['a put far below a file', put('x/below/further'), 'NOT_DIRECTORY'],
  ['a put onto a link', put('link'), 'NOT_A_FILE'],
  ['a put below a link', put('link/below'), 'NOT_A_FILE'],
  ['a rename with a missing source', mv('nothing', 'elsewhere'), 'NOT_FOUND'],
  ['a rename onto a file', mv('x', 'y'), 'ALREADY_EXISTS'],
  ['a rename onto a folder', mv('x', 'folder'), 'ALREADY_EXISTS'],
  ['a rename onto a folder by force', mv('x', 'folder', true), 'IS_DIRECTORY'],
  ['a rename of a folder onto a file by force', mv('folder', 'x', true), 'NOT_DIRECTORY'],
  ['a rename onto itself', mv('x', 'x'), 'ALREADY_EXISTS'],
  ['a rename onto itself by force', mv('x', 'x', true), 'ALREADY_EXISTS'],
  ['a rename into itself', mv('folder', 'folder/below/it'), 'BAD_PATH'],
  ['a rename to below a file', mv('y', 'x/below'), 'NOT_DIRECTORY'],
  ['a rename of copies that differ', mv('differs', 'elsewhere'), 'CONFLICT'],
  ['a delete of nothing', rm('nothing'), 'NOT_FOUND'],
  ['a delete of a folder without -r', rm('folder'), 'IS_DIRECTORY'],
  ['a delete of a link', rm('link'), 'NOT_A_FILE'],
  ['a mkdir of a folder that is there', mkdir('folder'), 'ALREADY_EXISTS'],
  ['a mkdir of a file that is there', mkdir('x', true), 'ALREADY_EXISTS'],
  ['a mkdir below nothing', mkdir('nothing/below'), 'NOT_FOUND'],
  ['a mkdir below a file', mkdir('x/below', true), 'NOT_DIRECTORY'],
]

describe.each([
  ['few bytes', small],
  ['many bytes', large],
])('with %s', (_, bytes) => {
  const uploads = refusals.filter(([, { type }]) => type === 'put' || type === 'append')

  test.each(uploads)('%s is refused', async (_, what, code) => {
    await expect(cluster.client().change(what, bytes)).rejects.toMatchObject({ code })
  })

  test('a put whose condition does not hold is refused', async () => {
    const client = cluster.client()
    const unmet = { code: 'PRECONDITION_FAILED' }
    await expect(client.put('x', bytes, { ifAbsent: true })).rejects.toMatchObject(unmet)
    await expect(client.put('x', bytes, { ifMatch: other })).rejects.toMatchObject(unmet)
    await expect(client.put('nothing', bytes, { ifMatch: other })).rejects.toMatchObject(unmet)
  })

  test('a change through a replica is refused as well', async () => {
    await expect(cluster.client('server2').put('folder', bytes)).rejects.toMatchObject({
      code: 'IS_DIRECTORY',
    })
  })
})

const others = refusals.filter(([, { type }]) => type !== 'put' && type !== 'append')

test.each(others)('%s is refused', async (_, what, code) => {
  await expect(cluster.client().change(what)).rejects.toMatchObject({ code })
})

test.each([rm('x'), mv('x', 'elsewhere'), mkdir('folder', true)])(
  'a condition that does not hold refuses %o',
  async what => {
    await expect(cluster.client().change(what, undefined, { ifMatch: other })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    })
  },
)

describe('bytes', () => {
  let operations = 0
  let peer: RawPeer

  beforeEach(async () => {
    peer = await cluster.dial('server1')
  })

  afterEach(() => peer.close())

  function upload(what: ChangeRequest['what'], from = peer): Answer {
    const operation = { nonce: 'd'.repeat(32), counter: ++operations, floor: 1_000 } as Operation
    const conditions = { ifMatch: null, ifAbsent: false, ack: null, fence: null }
    return from.ask('CHANGE', { operation, ...conditions, what }, { more: true })
  }

  const putOf = (bytes: number | null = null) => ({ ...put('new'), bytes }) as ChangeRequest['what']

  async function sealedAs(answer: Answer, bytes: Buffer, said: Buffer, size = said.length) {
    void answer.stream.sendPiece('CHUNK', bytes)
    void answer.stream.sendFlow('SEAL', { size, digest: digestOf(said).digest }, true)
    return (await answer.ended()).error
  }

  test.each([
    ['few', small],
    ['many', large],
  ])('that are not those of their digest, %s of them, are refused', async (_, bytes) => {
    const refusal = { code: 'BAD_DIGEST' }
    expect(await sealedAs(upload(putOf()), bytes, Buffer.alloc(bytes.length))).toMatchObject(refusal)
    expect(await sealedAs(upload(putOf()), bytes, bytes, bytes.length - 1)).toMatchObject(refusal)
    expect(await sealedAs(upload(putOf(bytes.length + 1)), bytes, bytes)).toMatchObject(refusal)
    expect(await sealedAs(upload(putOf(bytes.length - 1)), bytes, bytes)).toMatchObject(refusal)
  })

  test('that are announced as more than a file may have are refused before they come', async () => {
    const refusal = { code: 'TOO_LARGE' }
    const appending = { ...append('x'), bytes: 2 ** 40 + 1 } as ChangeRequest['what']
    expect((await upload(putOf(2 ** 40 + 1)).ended()).error).toMatchObject(refusal)
    expect((await upload(appending).ended()).error).toMatchObject(refusal)
  })

  test('for a path that is none are refused', async () => {
    for (const path of ['../new', '.concur/new', 'new/', ''])
      expect((await upload({ ...putOf(), path } as never).ended()).error).toMatchObject({
        code: 'BAD_PATH',
      })
  })

  test.each([
    ['server1', 'cancels', (answer: Answer) => answer.stream.cancel()],
    ['server1', 'dies', (_: Answer, from: RawPeer) => from.close()],
    ['server2', 'cancels', (answer: Answer) => answer.stream.cancel()],
    ['server2', 'dies', (_: Answer, from: RawPeer) => from.close()],
  ])('of a client at %s that %s in the middle go from every node', async (name, _, end) => {
    const from = await cluster.dial(name)
    const answer = upload(putOf(), from)
    void answer.stream.sendPiece('CHUNK', large)
    await untilStagedOn(cluster, 'server1', 'server2', 'server3')
    end(answer, from)
    await untilNothingStaged(cluster)
    expect(stagedOn(cluster, 'server1')).toEqual([])
    from.close()
  })
})

/** The bytes of records that this node lacks, fetched from nodes that a test writes into a store on a real disk. */
import { nodeOf, pourText, ScriptedNode } from '../../fixtures/scripted-node.ts'
import { digestOf } from '../../protocol/digest.ts'
import { asConcurError, ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import type { Timers } from '../../protocol/world.ts'
import type { BodySink } from '../../replica/store/body-sink.ts'
import {
  append,
  at,
  journalOnly,
  mkdir,
  type Ordered,
  ownFiles,
  put,
  removeFolder,
  rename,
  stageId,
  treeOf,
} from '../../replica/store/changes.fixture.ts'
import { DiskError } from '../../replica/store/disk.ts'
import { openTemporaryStore, type TemporaryStore, timers } from '../../replica/store/store.fixture.ts'
import type { Obtained } from '../../replica/store/store.ts'
import { FetchedContents } from './fetched-contents.ts'

let temporary: TemporaryStore
let fetched: FetchedContents

/** What is tried again in a second is tried again soon. */
const hasty: Timers = { ...timers, after: (ms, act) => timers.after(ms / 50, act) }

beforeEach(async () => {
  temporary = await openTemporaryStore({ timers: hasty })
})

afterEach(() => temporary.remove())

const from = (...nodes: ScriptedNode[]): void => {
  fetched = new FetchedContents({ store: temporary.store, nodes })
}

/** A node that fails whoever asks it for a content. */
function failing(name: string, code: ErrorCode, message = 'its reason'): ScriptedNode {
  return new ScriptedNode(name, {
    async pour() {
      throw new ConcurError(code, message)
    },
  })
}

/** A node over a link: what the sink refuses is told as an error of the table. */
function overLink(name: string, pour: (sink: BodySink) => Promise<void>): ScriptedNode {
  return new ScriptedNode(name, {
    async pour(_path, _digest, sink) {
      try {
        await pour(sink)
      } catch (error) {
        throw asConcurError(error)
      }
    },
  })
}

/** Journals records whose bytes are lacking. @returns the first one. */
async function journaled(...ordered: Ordered[]) {
  await journalOnly(temporary.store, ...ordered)
  return temporary.store.journal.at(1)!
}

const bare = (path: string, content: string): Ordered => put(path, content, { stage: stageId(99) })
const staged = () => Object.values(ownFiles(temporary.root, 'staging'))
const contentOf = (obtained: Obtained): string =>
  obtained.is === 'staged' ? ownFiles(temporary.root, 'staging')[obtained.stage]! : obtained.is

test.each(['', 'some bytes', 'x'.repeat(3 * 1024 * 1024 + 1)])(
  'a content that a node has at its path is fetched, whatever its length',
  async content => {
    from(nodeOf('server2', { a: content }))
    const entry = await journaled(bare('a', content))
    expect(contentOf(await fetched.obtain(entry)) === content).toBe(true)
  },
)

test('the nodes are asked in their order, until one has it', async () => {
  const nodes = [failing('server2', 'NOT_FOUND'), nodeOf('server3', { a: 'bytes' }), nodeOf('server4', {})]
  from(...nodes)
  expect(contentOf(await fetched.obtain(await journaled(bare('a', 'bytes'))))).toBe('bytes')
  expect(nodes.map(({ asked }) => asked)).toEqual([['pour a'], ['pour a'], []])
})

test('a content that later records moved is looked for where they moved it', async () => {
  const node = new ScriptedNode('server2', {
    pour: async (path, _, sink) => {
      if (path !== 'g/b') throw new ConcurError('NOT_FOUND', `${path} is not there`)
      await pourText('bytes', sink)
    },
  })
  from(node)
  const moved = [
    rename('f/a', 'f/b', { base: 'bytes' }),
    rename('f', 'g', { what: 'folder' }),
    mkdir('elsewhere'),
  ]
  expect(contentOf(await fetched.obtain(await journaled(bare('f/a', 'bytes'), ...moved)))).toBe('bytes')
  expect(node.asked).toEqual(['pour f/a', 'pour f/b', 'pour g/b'])
})

test('an append is fetched as the whole file that it makes', async () => {
  from(nodeOf('server2', { a: 'one two' }))
  expect(contentOf(await fetched.obtain(await journaled(append('a', 'one', ' two'))))).toBe('one two')
})

test.each([
  ['its base', rename('a', 'b', { base: 'bytes', seen: ['bytes', 'other'] })],
  ['what was seen, where no record had made it', rename('a', 'b', { seen: ['bytes'] })],
])('the target of a rename is fetched as %s', async (_, renamed) => {
  const node = nodeOf('server2', { b: 'bytes' })
  from(node)
  expect(contentOf(await fetched.obtain(await journaled(renamed)))).toBe('bytes')
  expect(node.asked).toEqual(['pour b'])
})

test('the list of a folder’s delete is nobody’s to give', async () => {
  const node = nodeOf('server2', {})
  from(node)
  const list = { path: at('f/a'), what: 'file', seen: [] } as const
  expect(await fetched.obtain(await journaled(removeFolder('f', [list])))).toEqual({
    is: 'lost',
    reason: 'has lost the list of what was deleted',
  })
  expect(node.asked).toEqual([])
})

describe('what no node has', () => {
  test.each<ErrorCode>(['NOT_FOUND', 'CHANGED', 'IO_ERROR', 'BAD_DIGEST'])(
    'as each says with %s, is lost',
    async code => {
      const nodes = [failing('server2', code), failing('server3', code)]
      from(...nodes)
      expect(await fetched.obtain(await journaled(bare('a', 'bytes')))).toEqual({
        is: 'lost',
        reason: 'never got the bytes, which no node has any more',
      })
      expect(nodes.map(({ asked }) => asked)).toEqual([['pour a'], ['pour a']])
      expect(staged()).toEqual([])
    },
  )

  test('is lost where there is no other node', async () => {
    from()
    expect(await fetched.obtain(await journaled(bare('a', 'bytes')))).toMatchObject({ is: 'lost' })
  })

  test.each([
    [
      'other bytes than those of its block digests',
      async (sink: BodySink) => {
        sink.begin(5)
        await sink.piece('DIGESTS', digestOf(Buffer.from('bytes')).blockDigests)
        await sink.piece('CHUNK', Buffer.from('other'))
      },
    ],
    ['nothing at all', async (sink: BodySink) => sink.begin(0)],
  ])('because the only one that says so sends %s, is lost, and leaves nothing', async (_, pour) => {
    from(overLink('server2', pour))
    expect(await fetched.obtain(await journaled(bare('a', 'bytes')))).toMatchObject({ is: 'lost' })
    expect(staged()).toEqual([])
  })
})

describe('the list of block digests', () => {
  const content = Buffer.alloc(1024 * 1024 + 1, 'x')
  /** In two pieces, in a buffer that is used again. @returns whether the list was taken. */
  async function sendDigests(sink: BodySink, of: Buffer): Promise<boolean> {
    const { blockDigests } = digestOf(of)
    const buffer = Buffer.alloc(32)
    sink.begin(content.length)
    for (const begin of [0, 32]) {
      blockDigests.copy(buffer, 0, begin, begin + 32)
      await sink.piece('DIGESTS', buffer)
    }
    return true
  }

  test('that is the content’s is taken, in however many pieces it comes', async () => {
    from(
      overLink('server2', async sink => {
        await sendDigests(sink, content)
        await sink.piece('CHUNK', content)
      }),
    )
    expect(contentOf(await fetched.obtain(await journaled(bare('a', content.toString()))))).toHaveLength(
      content.length,
    )
  })

  test('that is another content’s is refused before any byte of that is kept', async () => {
    let isTaken = false
    from(
      overLink('server2', async sink => {
        isTaken = await sendDigests(sink, Buffer.alloc(content.length, 'y'))
      }),
    )
    expect(await fetched.obtain(await journaled(bare('a', content.toString())))).toMatchObject({ is: 'lost' })
    expect(isTaken).toBe(false)
    expect(staged()).toEqual([])
  })
})

describe('a node that cannot say', () => {
  test.each<ErrorCode>(['UNREACHABLE', 'TIMEOUT', 'BUSY', 'INTERNAL', 'BAD_FRAME', 'FENCED'])(
    'with %s, is not taken for one that has it not',
    async code => {
      from(failing('server2', 'NOT_FOUND'), failing('server3', code, 'server3: its reason'))
      await expect(fetched.obtain(await journaled(bare('a', 'bytes')))).rejects.toMatchObject({
        code: 'UNREACHABLE',
        message: 'server3: its reason',
      })
      expect(staged()).toEqual([])
    },
  )

  test('hinders nobody where another has it', async () => {
    from(failing('server2', 'UNREACHABLE'), nodeOf('server3', { a: 'bytes' }))
    expect(contentOf(await fetched.obtain(await journaled(bare('a', 'bytes'))))).toBe('bytes')
  })

  test('because it is lost in the middle leaves nothing', async () => {
    from(
      overLink('server2', async sink => {
        sink.begin(5)
        await sink.piece('DIGESTS', digestOf(Buffer.from('bytes')).blockDigests)
        await sink.piece('CHUNK', Buffer.from('by'))
        throw new ConcurError('UNREACHABLE', 'server2 is lost')
      }),
    )
    await expect(fetched.obtain(await journaled(bare('a', 'bytes')))).rejects.toMatchObject({
      code: 'UNREACHABLE',
    })
    expect(staged()).toEqual([])
  })
})

describe('the own disk', () => {
  const sending = () => overLink('server2', sink => pourText('bytes', sink))

  test.each(['ENOSPC', 'EIO'])('that refuses a write with %s is not a node that has it not', async code => {
    from(sending())
    const entry = await journaled(bare('a', 'bytes'))
    temporary.disk.write = () => {
      throw new DiskError(code, 'write')
    }
    await expect(fetched.obtain(entry)).rejects.toMatchObject({ name: 'DiskError', code })
    expect(staged()).toEqual([])
  })

  test('that cannot make it durable is not a node that has it not', async () => {
    from(sending())
    const entry = await journaled(bare('a', 'bytes'))
    const { flushSoon } = temporary.disk
    temporary.disk.flushSoon = () => Promise.reject(new DiskError('EIO', 'flush'))
    await expect(fetched.obtain(entry)).rejects.toMatchObject({ code: 'EIO' })
    temporary.disk.flushSoon = flushSoon
    expect(staged()).toEqual([])
    temporary.store.fence.clear()
  })

  test('that has room again gets the record settled by itself', async () => {
    from(sending())
    const { store, disk } = temporary
    store.setContentSource(fetched)
    await journaled(bare('a', 'bytes'))
    const { write } = disk
    let writes = 0
    disk.write = (...asked) => {
      if (writes++ < 3) throw new DiskError('ENOSPC', 'write')
      return write.apply(disk, asked)
    }
    store.settler.commit(1)
    await store.settler.settled(1)
    expect(treeOf(temporary.root)).toEqual({ a: 'bytes' })
    expect(store.settler.trouble).toBeNull()
  })
})

test('what was got and is not there any more is fetched again', async () => {
  const node = nodeOf('server2', { a: 'bytes' })
  from(node)
  const entry = await journaled(bare('a', 'bytes'))
  const first = await fetched.obtain(entry)
  expect(await fetched.obtain(entry)).toEqual(first)
  temporary.store.stages.remove((first as Extract<Obtained, { is: 'staged' }>).stage)
  expect(contentOf(await fetched.obtain(entry))).toBe('bytes')
  expect(node.asked).toEqual(['pour a', 'pour a'])
})

test('what was got is not fetched again when its record has to be tried again, and nothing of it is left', async () => {
  const node = nodeOf('server2', { a: 'bytes', b: 'more' })
  from(node)
  const { store, disk } = temporary
  store.setContentSource(fetched)
  await journaled(bare('a', 'bytes'), bare('b', 'more'))
  const { moveNew } = disk
  let failures = 2
  disk.moveNew = (...where) => {
    if (failures-- > 0) throw new DiskError('ENOSPC', 'rename')
    return moveNew.apply(disk, where)
  }
  store.settler.commit(2)
  await store.settler.settled(2)
  expect(treeOf(temporary.root)).toEqual({ a: 'bytes', b: 'more' })
  expect(node.asked).toEqual(['pour a', 'pour b'])
  expect(staged()).toEqual([])
})

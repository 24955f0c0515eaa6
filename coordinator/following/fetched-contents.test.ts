/** The bytes that a coordinator lacks, against nodes that a test plays, on a store of its own. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ScriptedNode } from '../../fixtures/scripted-node.ts'
import { type BlockRange, blocksIn } from '../../protocol/block-ranges.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import { blockBytes, fetchRangesMax, fileBytesMax } from '../../protocol/limits.ts'
import type { BodySink } from '../../replica/store/body-sink.ts'
import {
  append,
  journalOnly,
  type Ordered,
  put,
  rename,
  stageId,
  treeOf,
} from '../../replica/store/changes.fixture.ts'
import { DiskError } from '../../replica/store/disk.ts'
import { openTemporaryStore, type TemporaryStore } from '../../replica/store/store.fixture.ts'
import { FetchedContents } from './fetched-contents.ts'

const contentOf = (blocks: string): Buffer =>
  Buffer.concat([...blocks].map(block => Buffer.alloc(block === '.' ? 1000 : blockBytes, block)))

/** A node that has one content, and what it was asked to send. */
class Holder extends ScriptedNode {
  readonly sent: number[][] = []
  /** Where it has the content. */
  has: (path: string) => boolean = () => true
  /** Called before each block. */
  before: (block: number) => void = () => {}
  /** What it sends of a block. */
  bytesOf: (block: number) => Buffer

  constructor(name: string, content: Buffer) {
    const { digest, blockDigests } = digestOf(content)
    super(name, {
      pour: async (path, wanted, sink, ranges) => {
        if (!this.has(path)) throw new ConcurError('NOT_FOUND', 'nothing is there')
        if (wanted !== digest) throw new ConcurError('CHANGED', 'another content')
        await this.pourBlocks(sink, { size: content.length, blockDigests, ranges: ranges! })
      },
    })
    this.bytesOf = block => content.subarray(block * blockBytes, (block + 1) * blockBytes)
  }

  private async pourBlocks(
    sink: BodySink,
    { size, blockDigests, ranges }: { size: number; blockDigests: Buffer; ranges: readonly BlockRange[] },
  ): Promise<void> {
    const blocks = [...blocksIn(ranges)]
    this.sent.push([])
    sink.begin(size)
    if (size > 0) await sink.piece('DIGESTS', blockDigests)
    for (const block of blocks) {
      this.before(block)
      this.sent.at(-1)!.push(block)
      const bytes = this.bytesOf(block)
      await sink.piece('CHUNK', bytes.subarray(0, 10))
      await sink.piece('CHUNK', bytes.subarray(10))
    }
  }
}

let temporary: TemporaryStore

beforeEach(async () => {
  temporary = await openTemporaryStore()
})

afterEach(() => temporary.remove())

const write = (path: string, content: Buffer): void => writeFileSync(join(temporary.root, path), content)
const staging = (): string[] => readdirSync(join(temporary.root, '.concur/staging'))
const sentBy = ({ sent }: Holder): number[] => sent.flat()
const stageOf = (stage: string): Buffer => readFileSync(join(temporary.root, '.concur/staging', stage))

/** Has a record that lacks its bytes. */
async function obtain(nodes: readonly ScriptedNode[], ordered?: Ordered) {
  const { store } = temporary
  if (ordered !== undefined) await journalOnly(store, ordered)
  return new FetchedContents({ store, nodes }).obtain(store.journal.at(store.journal.last.seq)!)
}

const content = contentOf('abcd.')
const lacking = put('a', content, { stage: stageId(1) })
const broken = (code: ErrorCode) => () => {
  throw new ConcurError(code, 'it breaks off')
}

test('are fetched, and lie in a stage', async () => {
  const holder = new Holder('server2', content)
  const obtained = await obtain([holder], lacking)
  expect(holder.sent).toEqual([[], [0, 1, 2, 3, 4]])
  expect(stageOf((obtained as { stage: string }).stage).equals(content)).toBe(true)
})

test('of an empty file are none', async () => {
  const holder = new Holder('server2', Buffer.alloc(0))
  const obtained = await obtain([holder], put('a', '', { stage: stageId(1) }))
  expect(obtained).toMatchObject({ is: 'staged' })
  expect(sentBy(holder)).toEqual([])
})

test('are fetched only as far as the file that gives way has them not', async () => {
  write('a', contentOf('aXcd.'))
  const holder = new Holder('server2', content)
  await obtain([holder], lacking)
  expect(sentBy(holder)).toEqual([1])
})

test('of an append are those that the file has not yet', async () => {
  const base = contentOf('abc.')
  write('a', base)
  const holder = new Holder('server2', Buffer.concat([base, contentOf('de')]))
  await obtain([holder], append('a', base, contentOf('de'), { stage: stageId(1) }))
  expect(sentBy(holder)).toEqual([3, 4, 5])
})

describe('of a rename whose source is gone', () => {
  const moved = rename('a', 'b', { base: content })

  test('are fetched from where a node has it that has not settled the rename', async () => {
    const holder = new Holder('server2', content)
    holder.has = path => path === 'a'
    expect(await obtain([holder], moved)).toMatchObject({ is: 'staged' })
    expect(holder.asked).toEqual(['pour a', 'pour a'])
  })

  test('are fetched from the target, though it is moved there between two questions', async () => {
    const holder = new Holder('server2', content)
    holder.has = path => path === 'b'
    expect(await obtain([holder], moved)).toMatchObject({ is: 'staged' })
    expect(holder.asked).toEqual(['pour a', 'pour b', 'pour b'])
  })
})

test.each<ErrorCode>(['CHANGED', 'UNREACHABLE'])(
  'that broke off with %s are gone on with at the next node',
  async code => {
    const first = new Holder('server2', content)
    const second = new Holder('server3', content)
    first.before = block => (block === 2 ? broken(code)() : undefined)
    await obtain([first, second], lacking)
    expect([sentBy(first), sentBy(second)]).toEqual([
      [0, 1],
      [2, 3, 4],
    ])
  },
)

test('that broke off everywhere are gone on with the next time, also after a restart', async () => {
  const holder = new Holder('server2', content)
  holder.before = block => (block === 3 ? broken('UNREACHABLE')() : undefined)
  await expect(obtain([holder], lacking)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  const { store, root, disk } = temporary
  await store.close()
  temporary = await openTemporaryStore({ root, disk })
  const again = new Holder('server2', content)
  await obtain([again])
  expect(sentBy(again)).toEqual([3, 4])
})

test('with a block that is another are looked for elsewhere, and what was right is kept', async () => {
  const liar = new Holder('server2', content)
  liar.bytesOf = block => contentOf(block === 1 ? 'X' : 'a')
  const holder = new Holder('server3', content)
  await obtain([liar, holder], lacking)
  expect(sentBy(holder)).toEqual([1, 2, 3, 4])
})

test.each([
  ['too long', fileBytesMax + 1],
  ['another one', 3],
])('with a size that is %s are looked for elsewhere', async (_, size) => {
  const liar = new ScriptedNode('server2', { pour: async (_path, _digest, sink) => sink.begin(size) })
  const holder = new Holder('server3', content)
  expect(await obtain([liar, holder], lacking)).toMatchObject({ is: 'staged' })
})

test('that lie in many places are asked for a few ranges at a time', async () => {
  const pieces = fetchRangesMax + 1
  const { store } = temporary
  const holder = new Holder('server2', content)
  const missing = Array.from({ length: pieces }, (_, at) => ({ first: 2 * at, count: 1 }))
  const asked: number[] = []
  holder.pour = async (_path, _digest, sink, ranges) => {
    asked.push(ranges!.length)
    sink.begin(content.length)
    await sink.piece('DIGESTS', digestOf(content).blockDigests)
  }
  store.gather = async () =>
    ({ missing: () => missing, seal: async () => stageId(7), giveUp: () => {} }) as never
  await obtain([holder], lacking)
  expect(asked).toEqual([0, fetchRangesMax, 1])
})

describe('that no tree has', () => {
  /** Has the content staged, in history or in its journal. */
  class Keeper extends ScriptedNode {
    constructor(name: string, kept: Buffer) {
      super(name, {
        recall: async (_, sink) => {
          sink.begin(kept.length)
          if (kept.length > 0) await sink.piece('DIGESTS', digestOf(kept).blockDigests)
          for (let at = 0; at < kept.length; at += 300_000)
            void sink.piece('CHUNK', kept.subarray(at, at + 300_000)).catch(() => {})
          await sink.piece('CHUNK', Buffer.alloc(0))
          return null
        },
      })
    }
  }

  test('come whole from who has them staged, in history or in its journal', async () => {
    const keeper = new Keeper('server3', content)
    const obtained = await obtain([new Holder('server2', contentOf('x')), keeper], lacking)
    expect(stageOf((obtained as { stage: string }).stage).equals(content)).toBe(true)
    expect(keeper.asked).toEqual(['pour a', 'recall a at 1'])
  })

  test('come also where they are none', async () => {
    const obtained = await obtain(
      [new Keeper('server2', Buffer.alloc(0))],
      put('a', '', { stage: stageId(1) }),
    )
    expect(obtained).toMatchObject({ is: 'staged' })
  })

  test('are lost where what comes is another content, and nothing is left of it', async () => {
    expect(await obtain([new Keeper('server2', contentOf('x'))], lacking)).toMatchObject({ is: 'lost' })
    expect(staging()).toEqual([])
  })

  test('are waited for while somebody who may have them cannot be asked', async () => {
    const away = new ScriptedNode('server2', { recall: broken('UNREACHABLE') as never })
    await expect(obtain([away], lacking)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })
})

test('that nobody has any more are lost, and nothing is left of them', async () => {
  expect(await obtain([new Holder('server2', contentOf('x'))], lacking)).toMatchObject({ is: 'lost' })
  expect(staging()).toEqual([])
})

test('that this node’s own disk has no room for are asked of nobody else', async () => {
  const [first, second] = [new Holder('server2', content), new Holder('server3', content)]
  first.before = block => {
    if (block === 1) temporary.disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
  }
  await expect(obtain([first, second], lacking)).rejects.toMatchObject({ code: 'ENOSPC' })
  expect(second.asked).toEqual([])
  expect(staging()).toEqual([])
})

test('are installed by a store that settles, and nothing of them is left over', async () => {
  const { store } = temporary
  write('a', contentOf('aXcd.'))
  const holder = new Holder('server2', content)
  store.setContentSource(new FetchedContents({ store, nodes: [holder] }))
  await journalOnly(store, put('a', content, { seen: [contentOf('aXcd.')], stage: stageId(1) }))
  store.settler.commit(1)
  await store.settler.settled(1)
  expect(treeOf(temporary.root).a).toBe(content.toString())
  expect(staging()).toEqual([])
})

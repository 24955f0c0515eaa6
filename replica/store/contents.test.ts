/** What a record made is found wherever later records, or a person, left it; and nothing else is given for it. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { until } from '../../fixtures/until.ts'
import { blockDigest, fileDigest } from '../../protocol/digest.ts'
import { blockBytes } from '../../protocol/limits.ts'
import { type JournalEntry, writeDeletedEntries } from '../../protocol/record.ts'
import {
  append,
  at,
  commitAll,
  digest,
  journalOnly,
  mkdir,
  type Ordered,
  put,
  remove,
  removeFolder,
  rename,
  settle,
  staged,
  stageId,
} from './changes.fixture.ts'
import { openTemporaryStore, type TemporaryStore } from './store.fixture.ts'
import type { Obtained, OpenBody } from './store.ts'

let temporary: TemporaryStore

beforeEach(async () => {
  temporary = await openTemporaryStore()
})

afterEach(() => temporary.remove())

/** Longer than two blocks, and not a number of them. */
const large = Buffer.alloc(2 * blockBytes + 1000, 'large ')

/** The record as it comes to a node that was away: without its bytes. */
function bare(seq: number): JournalEntry {
  return { ...temporary.store.journal.at(seq)!, body: null }
}

/** @returns the content that is given out for a record, its blocks held against their digests. */
async function contentOf(entry: JournalEntry): Promise<Buffer> {
  return wholeOf(await temporary.store.openContent(entry))
}

/** @returns what a path had behind a record, as it is brought back. */
async function pastOf(path: string, seq: number, content: Buffer | string): Promise<Buffer> {
  return wholeOf(
    await temporary.store.past.open({ path: at(path), at: seq, digest: digest(content), size: null }),
  )
}

async function wholeOf(body: OpenBody): Promise<Buffer> {
  const blocks: Buffer[] = []
  for await (const block of body.pieces()) blocks.push(Buffer.from(block))
  body.close()
  const whole = Buffer.concat(blocks)
  expect(body.size).toBe(whole.length)
  expect(Buffer.concat(blocks.map(blockDigest)).equals(body.blockDigests)).toBe(true)
  expect(fileDigest(body.size, body.blockDigests)).toBe(digest(whole))
  return whole
}

/** The store needs a content of somebody. @returns how to bring it, once it is asked for. */
function heldSource(): Promise<(obtained: Obtained) => void> {
  return new Promise(asked => {
    temporary.store.setContentSource({ obtain: () => new Promise(bring => asked(bring)) })
  })
}

/** Whatever was sent along is gone; only files are left. */
async function settleStaged(
  n: number,
  content: Buffer,
  order: (stage: ReturnType<typeof stageId>) => Ordered,
) {
  await settle(temporary.store, order(await staged(temporary.store, n, content)))
}

const nothing = { code: 'NOT_FOUND' }

describe('a put', () => {
  beforeEach(() => settleStaged(1, large, stage => put('f/a', large, { stage })))

  test('is given from its path', async () => {
    expect((await contentOf(bare(1))).equals(large)).toBe(true)
  })

  test('is given from where it was moved, by its own name and with a folder', async () => {
    await settle(
      temporary.store,
      rename('f/a', 'f/b', { base: large }),
      rename('f', 'g/h', { what: 'folder' }),
    )
    expect((await contentOf(bare(1))).equals(large)).toBe(true)
    expect((await contentOf(bare(2))).equals(large)).toBe(true)
  })

  test('is given for a rename that is not settled here yet', async () => {
    await journalOnly(temporary.store, rename('f/a', 'f/b', { base: large }))
    expect((await contentOf(bare(2))).equals(large)).toBe(true)
  })

  test('is given for a rename once this node has it, as long as that is not settled', async () => {
    const { store } = temporary
    const seq = await journalOnly(store, rename('x', 'y', { base: 'elsewhere' }))
    const asked = heldSource()
    const settling = commitAll(store)
    const given = contentOf(bare(seq))
    const bring = await asked
    bring({ is: 'bytes', bytes: Buffer.from('elsewhere') })
    expect((await given).toString()).toBe('elsewhere')
    await settling
  })

  test('is given while a record has it in its hands, on its way from the tree to history', async () => {
    const { store, root } = temporary
    // The record before the delete is not settled, and so is the delete.
    await journalOnly(store, rename('x', 'y', { base: 'elsewhere' }))
    await journalOnly(store, remove('f/a', { base: large }))
    const asked = heldSource()
    const settling = commitAll(store)
    const bring = await asked
    const inHands = join(root, '.concur/in-hands')
    renameSync(join(root, 'f/a'), inHands)
    const waiting = jest.spyOn(store.settler, 'listen')
    const given = Promise.all([contentOf(bare(1)), pastOf('f/a', 1, large)])
    const both = until(() => waiting.mock.calls.length === 2, 'both wait for the delete')
    await Promise.race([both, given])
    mkdirSync(join(root, '.concur/history/0000000000000003/f'), { recursive: true })
    renameSync(inHands, join(root, '.concur/history/0000000000000003/f/a'))
    bring({ is: 'bytes', bytes: Buffer.from('elsewhere') })
    expect((await given).every(content => content.equals(large))).toBe(true)
    await settling
  })

  test('is given from history when it was replaced', async () => {
    await settle(temporary.store, put('f/a', 'new', { base: large }))
    expect((await contentOf(bare(1))).equals(large)).toBe(true)
    rmSync(join(temporary.root, '.concur/history/0000000000000002'), { recursive: true })
    await expect(temporary.store.openContent(bare(1))).rejects.toMatchObject(nothing)
  })

  test('is given from history when it was deleted, or its folder', async () => {
    await settle(temporary.store, rename('f/a', 'f/b', { base: large }))
    const seen = { path: at('f/b'), what: 'file', seen: [digest(large)] } as const
    await settle(temporary.store, removeFolder('f', [seen]))
    expect((await contentOf(bare(1))).equals(large)).toBe(true)
  })

  test('is given from history when something was renamed over it', async () => {
    await settle(
      temporary.store,
      put('b', 'two'),
      rename('b', 'f/a', { base: 'two', over: large.toString() }),
    )
    expect((await contentOf(bare(1))).equals(large)).toBe(true)
  })

  test('is the beginning of a file that grew, at another name and in history', async () => {
    const longer = Buffer.concat([large, Buffer.from(' 1')])
    await settle(temporary.store, append('f/a', large, ' 1'), append('f/a', longer, ' 2'))
    await settle(temporary.store, rename('f/a', 'b', { base: Buffer.concat([longer, Buffer.from(' 2')]) }))
    expect((await contentOf(bare(1))).equals(large)).toBe(true)
    expect((await contentOf(bare(2))).equals(longer)).toBe(true)
    await settle(temporary.store, remove('b', { base: Buffer.concat([longer, Buffer.from(' 2')]) }))
    expect((await contentOf(bare(2))).equals(longer)).toBe(true)
  })

  test('goes on being given while the file grows', async () => {
    await settle(temporary.store, append('f/a', large, ' 1'))
    const body = await temporary.store.openContent(bare(1))
    const blocks: Buffer[] = []
    for await (const block of body.pieces()) {
      blocks.push(Buffer.from(block))
      if (blocks.length === 1)
        await settle(temporary.store, append('f/a', Buffer.concat([large, Buffer.from(' 1')]), ' 2'))
    }
    body.close()
    expect(Buffer.concat(blocks).equals(large)).toBe(true)
  })

  test('is not given when somebody changed it', async () => {
    writeFileSync(join(temporary.root, 'f/a'), 'by hand')
    await expect(temporary.store.openContent(bare(1))).rejects.toMatchObject(nothing)
  })
})

test('a put that was kept back is given from the history of its own record', async () => {
  const { store, root } = temporary
  writeFileSync(join(root, 'a'), 'by hand')
  await settleStaged(1, large, stage => put('a', large, { stage }))
  expect((await contentOf(bare(1))).equals(large)).toBe(true)
  expect(store.journaled(at('a'))).toMatchObject({ digest: digest(large) })
})

test('a small put is given from the journal when no file has it any more', async () => {
  const { store, root } = temporary
  await settle(store, put('a', 'one'), put('empty', ''))
  rmSync(join(root, 'a'))
  rmSync(join(root, 'empty'))
  expect((await contentOf(bare(1))).toString()).toBe('one')
  expect((await contentOf(bare(2))).toString()).toBe('')
})

test('a put that is not settled yet is given from its stage', async () => {
  const { store } = temporary
  await staged(store, 1, large)
  await journalOnly(store, put('a', large, { stage: stageId(1) }))
  expect((await contentOf(bare(1))).equals(large)).toBe(true)
})

test('what a path had is given from the stage of its record, and from the journal, before that is settled', async () => {
  await journalOnly(
    temporary.store,
    put('a', large, { stage: await staged(temporary.store, 1, large) }),
    put('b', 'small'),
  )
  expect((await pastOf('a', 1, large)).equals(large)).toBe(true)
  expect((await pastOf('b', 2, 'small')).toString()).toBe('small')
  await expect(pastOf('b', 1, 'small')).rejects.toMatchObject(nothing)
})

test('a stage with another content is not given', async () => {
  const { store } = temporary
  await staged(store, 1, 'another')
  await journalOnly(store, put('a', 'content', { stage: stageId(1) }))
  await expect(store.openContent(bare(1))).rejects.toMatchObject(nothing)
})

test('an append is given as the whole file that it made', async () => {
  const { store } = temporary
  await settle(store, put('a', 'one'), append('a', 'one', ' two'), append('a', 'one two', ' three'))
  expect((await contentOf(bare(2))).toString()).toBe('one two')
  expect((await contentOf(bare(3))).toString()).toBe('one two three')
  await settle(store, put('a', 'new', { base: 'one two three' }))
  expect((await contentOf(bare(2))).toString()).toBe('one two')
  expect((await contentOf(bare(3))).toString()).toBe('one two three')
})

test('an append is not given when the file that grew from it was edited', async () => {
  const { store, root } = temporary
  await settle(store, put('a', 'one'), append('a', 'one', ' two'), append('a', 'one two', ' three'))
  writeFileSync(join(root, 'a'), 'One two three and more')
  await expect(store.openContent(bare(2))).rejects.toMatchObject(nothing)
})

test('a delete of a folder is given as its list, beside the record or from its stage', async () => {
  const { store } = temporary
  const entries = [{ path: at('f/a'), what: 'file', seen: [digest('one')] }] as const
  const list = writeDeletedEntries(entries)
  await settle(store, put('f/a', 'one'), removeFolder('f', entries))
  expect((await contentOf(bare(2))).equals(list)).toBe(true)
  await staged(store, 1, list)
  const { change } = removeFolder('g', entries)
  const body = { bytes: list.length, stage: stageId(1) }
  await journalOnly(store, { change: { ...change, body } as typeof change, body: null })
  expect((await contentOf(bare(3))).equals(list)).toBe(true)
})

test('the list of a delete that was staged is given also when the delete is settled', async () => {
  const { store } = temporary
  const entries = [{ path: at('f/a'), what: 'file', seen: [digest('one')] }] as const
  const list = writeDeletedEntries(entries)
  await settle(store, put('f/a', 'one'))
  await staged(store, 1, list)
  const { change } = removeFolder('f', entries)
  const body = { bytes: list.length, stage: stageId(1) }
  await settle(store, { change: { ...change, body } as typeof change, body: null })
  expect(store.stages.has(stageId(1))).toBe(false)
  expect((await contentOf(bare(2))).equals(list)).toBe(true)
})

test('records without a content have none to give', async () => {
  const { store } = temporary
  await settle(store, mkdir('f'), removeFolder('f'), put('a', 'one'), remove('a', { base: 'one' }))
  for (const seq of [1, 2, 4]) await expect(store.openContent(bare(seq))).rejects.toMatchObject(nothing)
})

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { jest } from '@jest/globals'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { fileCopy, fileEntry } from '../fixtures/scripted-node.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import type { BlockRange } from '../protocol/block-ranges.ts'
import { ByteWriter } from '../protocol/bytes.ts'
import { digestOf } from '../protocol/digest.ts'
import { frameBodyBytesMax, streamCreditBytes } from '../protocol/limits.ts'
import { encodeBody } from '../protocol/opcodes.ts'
import { type FilePath, wholeTree } from '../protocol/path.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import { answerNode, pagesOf } from './answer-node.ts'
import { Following } from './following.ts'
import { openTemporaryStore, type TemporaryStore } from './store/store.fixture.ts'

const nobodyAsks = (): never => {
  throw new Error('nobody asks for the condition here')
}

const path = 'a.txt' as FilePath
const KiB = 1024
const MiB = 1024 * KiB

let time: FakeTime
let temporary: TemporaryStore
let served: Served
let openBefore: number

beforeEach(async () => {
  time = new FakeTime()
  temporary = await openTemporaryStore()
  const { store } = temporary
  const reports = new ProgressReports(time)
  const onRequest: Parameters<typeof serve>[1] = (request, stream) => {
    if (request.opcode === 'LOOK' || request.opcode === 'FETCH' || request.opcode === 'WALK')
      answerNode(request, {
        stream,
        store,
        reports,
        condition: nobodyAsks,
        following: new Following({ store, timers: time, onForkFiled: () => {} }),
      })
  }
  served = await serve(time, onRequest, { role: 'coordinator' })
  openBefore = temporary.disk.open.size
})

afterEach(async () => {
  await until(() => temporary.disk.open.size === openBefore, 'every file to be closed')
  expect(served.acceptor.streamCount).toBe(0)
  served.close()
  await temporary.remove()
})

const write = (name: string, content: string | Uint8Array): void =>
  writeFileSync(`${temporary.root}/${name}`, content)

describe('LOOK', () => {
  const look = async (name: string, deep = false) =>
    (await served.peer.ask('LOOK', { path: name as FilePath, deep, settledSeq: 0 }).ended()).only('COPY').copy

  test('tells a file, a folder, a link and nothing apart', async () => {
    write('a.txt', 'x')
    mkdirSync(`${temporary.root}/folder`)
    symlinkSync('a.txt', `${temporary.root}/link`)
    expect(await look('a.txt')).toMatchObject({ is: 'file', size: 1, digest: fileCopy('x').digest })
    expect(await look('folder')).toEqual({ is: 'folder' })
    expect(await look('link')).toEqual({ is: 'other', what: 'link' })
    expect(await look('nothing')).toEqual({ is: 'absent' })
    expect(await look('a.txt/below')).toEqual({ is: 'absent' })
  })

  test('says twice a second how far it is with a large file', async () => {
    let goOn: () => void = () => {}
    temporary.hasher.before = () =>
      new Promise(resolve => {
        goOn = resolve
      })
    write('a.txt', Buffer.alloc(3 * MiB))
    const answer = served.peer.ask('LOOK', { path, deep: false, settledSeq: 0 })
    await until(() => temporary.hasher.hashed === 1, 'the hash to begin')
    await time.pass(2_500)
    expect(answer.all('PROGRESS')).toEqual(
      Array(answer.messages.length).fill({ node: null, bytesDone: 0, bytesTotal: 3 * MiB }),
    )
    expect(answer.messages.length).toBeGreaterThanOrEqual(4)
    goOn()
    expect((await answer.ended()).only('COPY').copy).toMatchObject({ is: 'file', size: 3 * MiB })
    const { length } = answer.messages
    await time.pass(2_000)
    expect(answer.messages).toHaveLength(length)
    expect(time.timerCount).toBeLessThanOrEqual(2)
  })

  test('that fails within the program is told without its cause', async () => {
    temporary.hasher.before = () => Promise.reject(new Error('/secret/folder'))
    write('a.txt', Buffer.alloc(3 * MiB))
    const { error } = await served.peer.ask('LOOK', { path, deep: false, settledSeq: 0 }).ended()
    expect(error).toMatchObject({ code: 'INTERNAL', message: expect.not.stringContaining('secret') })
  })
})

describe('FETCH', () => {
  const fetch = (
    content: string | Uint8Array,
    { blocks = null, ...options }: { blocks?: readonly BlockRange[] | null; isReading?: boolean } = {},
  ) => {
    const { digest } = digestOf(Buffer.from(content as string))
    return served.peer.ask('FETCH', { path, digest, blocks }, options)
  }

  test.each([0, 1, 300 * KiB, MiB, 2 * MiB + 1])('gives size, block digests and bytes of %d', async size => {
    const content = Buffer.alloc(size, 'abc')
    write('a.txt', content)
    const answer = await fetch(content).ended()
    expect(answer.only('BODY')).toEqual({ version: 0, size })
    expect(Buffer.concat(answer.all('DIGESTS')).equals(digestOf(content).blockDigests)).toBe(true)
    expect(Buffer.concat(answer.bodies[0]!).equals(content)).toBe(true)
  })

  test.each([
    ['some blocks', [0, 2]],
    ['the last block, which is shorter', [3]],
    ['no block', []],
  ])('of %s gives all digests, and reads and sends the bytes of these alone', async (_, wanted) => {
    const content = Buffer.alloc(3 * MiB + 7, 'abcde')
    write('a.txt', content)
    await served.peer.ask('LOOK', { path, deep: false, settledSeq: 0 }).ended()
    const readSoon = jest.spyOn(temporary.disk, 'readSoon')
    const answer = await fetch(content, { blocks: wanted.map(first => ({ first, count: 1 })) }).ended()
    expect(answer.error).toBeNull()
    expect(answer.only('BODY')).toEqual({ version: 0, size: content.length })
    expect(Buffer.concat(answer.all('DIGESTS')).equals(digestOf(content).blockDigests)).toBe(true)
    const expected = Buffer.concat(wanted.map(at => content.subarray(at * MiB, (at + 1) * MiB)))
    expect(Buffer.concat(answer.bodies[0]!).equals(expected)).toBe(true)
    expect(readSoon.mock.calls.map(([, , position]) => position / MiB)).toEqual(wanted)
  })

  test('of blocks that the content has not is BAD_FRAME', async () => {
    write('a.txt', 'x')
    const answer = await fetch('x', { blocks: [{ first: 0, count: 2 }] }).ended()
    expect(answer.error).toMatchObject({ code: 'BAD_FRAME' })
  })

  test('of another content is CHANGED, of nothing NOT_FOUND, of what is no file CHANGED', async () => {
    write('a.txt', 'x')
    expect((await fetch('y').ended()).error).toMatchObject({ code: 'CHANGED' })
    rmSync(`${temporary.root}/a.txt`)
    expect((await fetch('x').ended()).error).toMatchObject({ code: 'NOT_FOUND' })
    mkdirSync(`${temporary.root}/a.txt`)
    expect((await fetch('x').ended()).error).toMatchObject({ code: 'CHANGED' })
  })

  test('of a file that changes in the middle ends as CHANGED', async () => {
    const content = Buffer.alloc(5 * MiB)
    write('a.txt', content)
    const answer = fetch(content, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > 500 * KiB, 'bytes')
    write('a.txt', 'other')
    answer.read()
    expect((await answer.ended()).error).toMatchObject({ code: 'CHANGED' })
  })

  test('sends no more than the credit, reads little ahead, and stops when it is cancelled', async () => {
    const content = Buffer.alloc(8 * MiB)
    write('a.txt', content)
    const { disk } = temporary
    const readSoon = disk.readSoon.bind(disk)
    let bytesRead = 0
    disk.readSoon = (...read) => {
      bytesRead += read[1].length
      return readSoon(...read)
    }
    const answer = fetch(content, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > 500 * KiB, 'bytes')
    await turns(200)
    expect(answer.bytesHeard).toBeLessThanOrEqual(streamCreditBytes)
    expect(bytesRead).toBeLessThanOrEqual(3 * MiB)
    answer.stream.cancel()
    await until(() => temporary.disk.open.size === openBefore, 'the file to be closed')
    expect(bytesRead).toBeLessThanOrEqual(4 * MiB)
  })

  test('whose coordinator is gone lets go of the file', async () => {
    const content = Buffer.alloc(8 * MiB)
    write('a.txt', content)
    const answer = fetch(content, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > 500 * KiB, 'bytes')
    served.close()
    await until(() => temporary.disk.open.size === openBefore, 'the file to be closed')
  })
})

describe('WALK', () => {
  const walk = (name: string, options = {}) => {
    const folder = name === '' ? wholeTree : (name as FilePath)
    return served.peer.ask('WALK', { path: folder, recursive: true, buckets: null }, options)
  }

  test('gives what is below a folder in order, with the digests that are known', async () => {
    mkdirSync(`${temporary.root}/f`)
    write('f/b', 'x')
    write('f/a', 'x')
    temporary.disk.aheadS = 100
    await temporary.store.look('f/a' as FilePath, { deep: false })
    const answer = await walk('f').ended()
    const entries = answer.all('ENTRIES').flatMap(({ entries }) => entries)
    expect(entries.map(({ path, digest }) => [path, digest])).toEqual([
      ['f/a', fileCopy('x').digest],
      ['f/b', null],
    ])
  })

  test('of a file is its entry, of nothing NOT_FOUND', async () => {
    write('a.txt', 'x')
    expect((await walk('a.txt').ended()).all('ENTRIES')[0]!.entries).toMatchObject([
      { path: 'a.txt', type: 'file' },
    ])
    expect((await walk('nothing').ended()).error?.code).toBe('NOT_FOUND')
  })

  test('says that it works while its reader is slow, and ends when it is cancelled', async () => {
    for (let file = 0; file < 600; file++) write(`${'f'.repeat(240)}${file}`, '')
    for (let folder = 0; folder < 20; folder++) {
      const name = `${'d'.repeat(200)}/`.repeat(9)
      mkdirSync(`${temporary.root}/${name}${folder}`, { recursive: true })
      for (let file = 0; file < 40; file++) write(`${name}${folder}/${file}`, '')
    }
    const answer = walk('', { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > 500 * KiB, 'entries')
    await turns(100)
    expect(answer.bytesHeard).toBeLessThanOrEqual(streamCreditBytes)
    await time.pass(2_000)
    expect(answer.all('PROGRESS').length).toBeGreaterThanOrEqual(3)
    answer.stream.cancel()
    await until(() => served.acceptor.streamCount === 0, 'the end of the stream')
  })
})

test('a walk that nobody wants any more is not gone on with, however much there is', async () => {
  let isOver = false
  temporary.store.walk = async function* () {
    try {
      for (let at = 0; ; at++) yield [fileEntry(`${'p'.repeat(200)}${at}`, 'x')]
    } finally {
      isOver = true
    }
  }
  const answer = served.peer.ask(
    'WALK',
    { path: wholeTree, recursive: true, buckets: null },
    { isReading: false },
  )
  await answer.until(({ bytesHeard }) => bytesHeard > 500 * KiB, 'entries')
  answer.stream.cancel()
  await until(() => isOver, 'the end of the walk')
})

describe('the pages of a walk', () => {
  const bytesOf = (page: ReturnType<typeof fileEntry>[]): number => {
    const writer = new ByteWriter()
    encodeBody(writer, 'ENTRIES', { entries: page })
    return writer.length
  }

  test.each([1, 10, 250, 4_000])('fit into frames and lose nothing with paths of %d bytes', length => {
    const entries = Array.from({ length: 500 }, (_, at) => fileEntry(String(at).padStart(length, 'p'), 'x'))
    const pages = [...pagesOf(entries)]
    expect(pages.flat()).toEqual(entries)
    expect(pages.every(page => page.length > 0 && bytesOf([...page]) <= frameBodyBytesMax)).toBe(true)
    expect(pages.length).toBeLessThanOrEqual(length < 250 ? 10 : 100)
  })

  test('of nothing are none', () => {
    expect([...pagesOf([])]).toEqual([])
  })
})

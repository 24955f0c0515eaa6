/** The index on a disk that is full: a real one. */
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canHaveSmallDisks, SmallDisk } from '../../fixtures/small-disk.ts'
import type { FilePath } from '../../protocol/path.ts'
import { recordOf } from './digest-index.suite.ts'
import { type LmdbIndex, openLmdbIndex } from './lmdb-index.ts'
import type { PathState } from './path-index.ts'
import { timers } from './store.fixture.ts'

const onSmallDisks = canHaveSmallDisks() ? describe : describe.skip
const repository = new URL('../..', import.meta.url)
const noSpace = { code: 'NO_SPACE', message: 'no space is left for the index' }
const states = (count: number, seq: number): [FilePath, PathState][] =>
  Array.from({ length: count }, (_, n) => [
    `folder/a file of some length ${n}` as FilePath,
    { seq, is: 'folder' },
  ])

onSmallDisks('on a full disk', () => {
  let disk: SmallDisk
  let faults: unknown[]
  const open = () =>
    openLmdbIndex({ folder: join(disk.folder, 'index'), timers, onFault: error => void faults.push(error) })
  const putStates = (index: LmdbIndex, seq: number) => {
    for (const [path, state] of states(200, seq)) index.paths.put(path, state)
    index.paths.setSettled(seq)
  }

  beforeEach(async () => {
    faults = []
    disk = await SmallDisk.make({ size: '1m' })
  })

  afterEach(() => disk.remove())

  test('what the library refuses is told once, is not seen, rejects nothing behind our back, and is written later', () => {
    const source = `
      const here = name => import(new URL(name, '${import.meta.url}'))
      const { openLmdbIndex } = await here('./lmdb-index.ts')
      const { SmallDisk } = await here('../../fixtures/small-disk.ts')
      const timers = { after: () => () => {}, endOfTurn: setImmediate }
      const told = { faults: [], unhandled: 0, refused: [] }
      process.on('unhandledRejection', () => told.unhandled++)
      const disk = await SmallDisk.make({ size: '1m' })
      const folder = disk.folder + '/index'
      // Of the disk nothing is known beforehand: the library meets the end of it.
      const open = () => openLmdbIndex({ folder, timers, onFault: error => told.faults.push(error.code), freeBytes: () => Infinity })
      const index = open()
      const put = seq => {
        for (let n = 0; n < 200; n++) index.paths.put('folder/a file of some length ' + n, { seq, is: 'folder' })
        index.paths.setSettled(seq)
      }
      put(1)
      await index.paths.flush()
      disk.fill()
      for (const seq of [2, 3, 4]) {
        put(seq)
        // Of several turns, and all on their way at once.
        for (let n = 0; n < 20; n++) {
          index.paths.put('folder/other ' + n, { seq, is: 'folder' })
          await new Promise(resolve => setImmediate(resolve))
        }
        await index.paths.flush().catch(error => told.refused.push(error.code))
      }
      told.seen = index.paths.get('folder/a file of some length 7').seq
      await index.close()
      const second = open()
      told.onDisk = [second.paths.get('folder/a file of some length 7')?.seq, second.paths.get('folder/other 7'),
        second.paths.settledSeq]
      second.paths.put('late', { seq: 5, is: 'folder' })
      await second.paths.flush().catch(error => told.refused.push(error.code))
      disk.empty()
      await second.paths.flush()
      await second.close()
      const third = open()
      told.late = third.paths.get('late').seq
      await third.close()
      await disk.remove()
      console.log(JSON.stringify(told))`
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', source]
    const said = execFileSync(node[0]!, node.slice(1), {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(JSON.parse(said.toString())).toEqual({
      faults: [28, 28],
      unhandled: 0,
      refused: ['NO_SPACE', 'NO_SPACE', 'NO_SPACE', 'NO_SPACE'],
      seen: 4,
      onDisk: [1, null, 1],
      late: 5,
    })
  })

  test('a position is not written before all that was put ahead of it', async () => {
    const index = open()
    putStates(index, 1)
    await index.paths.flush()
    disk.fill()
    putStates(index, 2)
    await expect(index.paths.flush()).rejects.toMatchObject(noSpace)
    await expect(index.paths.flush()).rejects.toMatchObject(noSpace)
    expect(faults).toEqual([expect.objectContaining(noSpace)])
    expect([index.paths.settledSeq, index.paths.get(states(200, 2)[0]![0])?.seq]).toEqual([2, 2])
    disk.empty()
    await index.paths.flush()
    await index.close()
    const after = open()
    expect(after.paths.settledSeq).toBe(2)
    for (const [path, state] of states(200, 2)) expect(after.paths.get(path)).toEqual(state)
    await after.close()
  })

  test('what is put anew after it could not be written is what stands', async () => {
    const index = open()
    disk.fill()
    putStates(index, 1)
    await expect(index.paths.flush()).rejects.toMatchObject(noSpace)
    disk.empty()
    putStates(index, 2)
    await index.paths.flush()
    const now = (at: LmdbIndex) => [at.paths.settledSeq, at.paths.get(states(1, 0)[0]![0])?.seq]
    expect(now(index)).toEqual([2, 2])
    await index.close()
    const after = open()
    expect(now(after)).toEqual([2, 2])
    await after.close()
  })

  test('what lies below a folder is told as it is now, written or not', async () => {
    const index = open()
    putStates(index, 1)
    await index.paths.flush()
    disk.fill()
    for (const [path] of states(100, 1)) index.paths.put(path, { seq: 2, is: 'absent' })
    index.paths.put('folder/new' as FilePath, { seq: 3, is: 'folder' })
    await expect(index.paths.flush()).rejects.toMatchObject(noSpace)
    const found = new Map<string, PathState>()
    for await (const piece of index.paths.below('folder' as FilePath))
      for (const [path, state] of piece) {
        expect(found.has(path)).toBe(false)
        found.set(path, state)
      }
    expect(found.size).toBe(201)
    expect([...found.values()].filter(({ is }) => is === 'absent')).toHaveLength(100)
    await index.close()
  })

  test('a digest that could not be written is read again, but one that it corrects never comes back', async () => {
    const [read, corrected, gone] = ['read', 'corrected', 'gone'] as FilePath[]
    const { identity } = recordOf('one')
    const index = open()
    for (const path of [read!, corrected!, gone!]) index.digests.put(path, recordOf('one'))
    await index.digests.flush()
    disk.fill()
    const changed = { ...recordOf('two'), identity: { ...identity, inode: 7n } }
    index.digests.put(read!, changed)
    index.digests.put(corrected!, { ...recordOf('rot'), identity })
    index.digests.delete(gone!)
    await index.digests.flush()
    const now = () => [read!, corrected!, gone!].map(path => index.digests.get(path)?.digest ?? null)
    expect(now()).toEqual([recordOf('one').digest, recordOf('rot').digest, null])
    disk.empty()
    await index.digests.flush()
    await index.close()
    const after = open()
    expect(after.digests.get(corrected!)?.digest).toBe(recordOf('rot').digest)
    expect(after.digests.get(gone!)).toBeNull()
    await after.close()
  })

  test('an index that is there opens, and one that is not is refused, where making it would end the process', async () => {
    const index = open()
    putStates(index, 1)
    await index.close()
    disk.fill()
    const again = open()
    expect(again.paths.settledSeq).toBe(1)
    await again.close()
    const make = () =>
      openLmdbIndex({ folder: join(disk.folder, 'other'), timers, onFault: error => void faults.push(error) })
    expect(make).toThrow(expect.objectContaining(noSpace))
    disk.empty()
    await make().close()
    expect(faults).toEqual([])
  })
})

onSmallDisks('without inodes', () => {
  test('an index that cannot be opened for now is left as it is', async () => {
    // The root, the folder of the index, and its two files.
    const disk = await SmallDisk.make({ size: '1m', inodes: '4' })
    const folder = join(disk.folder, 'index')
    const faults: unknown[] = []
    const open = () => openLmdbIndex({ folder, timers, onFault: error => void faults.push(error) })
    const index = open()
    index.paths.setSettled(1)
    await index.close()
    rmSync(join(folder, 'lock.mdb'))
    writeFileSync(join(disk.folder, 'takes the last inode'), '')
    expect(open).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    rmSync(join(disk.folder, 'takes the last inode'))
    const again = open()
    expect([again.paths.settledSeq, faults]).toEqual([1, []])
    await again.close()
    await disk.remove()
  })
})

/** What is not asked for: blocks of files that are here. */
import { writeFileSync } from 'node:fs'
import { told } from './followed-peer.fixture.ts'
import { contentOf, NeedingReplica } from './needing.fixture.ts'
import { append, put, remove, rename, stageId } from './store/changes.fixture.ts'
import { DiskError } from './store/disk.ts'

let world: NeedingReplica

beforeEach(async () => {
  world = await NeedingReplica.open()
})

afterEach(() => world.remove())

describe('blocks that are here', () => {
  test.each([
    ['one block differs', 'abcd', 'abXd', [2]],
    ['it is longer by now', 'ab', 'abcd', [2, 3]],
    ['the last block grew', 'abc.', 'abcd', [2, 3]],
    ['it is shorter by now', 'abcd', 'ab', []],
    ['a block was put in front', 'abc', 'Xabc', [0]],
    ['blocks changed places', 'abc', 'cab', []],
    ['nothing is the same', 'abc', 'xyz', [0, 1, 2]],
  ])('are taken from the file that gives way: %s', async (_, before, after, expected) => {
    const content = contentOf(after)
    const seq = await world.neededOver(contentOf(before), content)
    expect(await world.supply(seq, content).all()).toEqual(expected)
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', content)).toBe(true)
    expect(world.staging()).toEqual([])
  })

  test('are taken from an edit, which itself is kept', async () => {
    const edited = contentOf('abXd')
    const content = contentOf('abcd')
    world.write('a', edited)
    const seq = await world.needed(put('a', content, { stage: stageId(1) }))
    expect(await world.supply(seq, content).all()).toEqual([2])
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', edited)).toBe(true)
    expect(world.holdsInHistory(seq, 'a', content)).toBe(true)
  })

  test('are taken from what an append extends: its own bytes travel, and what they share a block with', async () => {
    const base = contentOf('abc.')
    const added = contentOf('de.')
    world.write('a', base)
    const content = Buffer.concat([base, added])
    const seq = await world.needed(append('a', base, added, { stage: stageId(1) }))
    expect(await world.supply(seq, content).all()).toEqual([2, 3])
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', content)).toBe(true)
  })

  test('are taken from what a delete before took to history', async () => {
    const old = contentOf('abcd')
    world.write('a', old)
    await world.settled(remove('a', { base: old }))
    const content = contentOf('abXd')
    const seq = await world.neededOver(null, content)
    expect(await world.supply(seq, content).all()).toEqual([2])
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', content)).toBe(true)
  })

  test('are taken from where a rename before moved the file', async () => {
    const old = contentOf('abcd')
    world.write('a', old)
    await world.settled(rename('a', 'b', { base: old }))
    const content = contentOf('abXd')
    const seq = await world.neededOver(null, content)
    expect(await world.supply(seq, content).all()).toEqual([2])
    await told(world.answer, { settledSeq: seq })
    expect([world.holds('a', content), world.holds('b', old)]).toEqual([true, true])
  })

  test('are taken for a rename whose source is gone from the file that gives way to it', async () => {
    const content = contentOf('abcd')
    world.write('b', contentOf('aXcd'))
    const seq = await world.needed(rename('a', 'b', { base: content, over: contentOf('aXcd') }))
    expect(await world.supply(seq, content).all()).toEqual([1])
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('b', content)).toBe(true)
  })

  test('are asked for after all when the file is edited while it is read', async () => {
    const content = contentOf('abXd')
    const seq = await world.neededOver(contentOf('abcd'), content)
    const { disk } = world.replica
    const { readSoon } = disk
    let reads = 0
    disk.readSoon = (...read) => {
      if (++reads === 2) {
        // In place, as a program does that has it mapped: the identity moves later.
        const bytes = contentOf('a')
        writeFileSync(world.inRoot('a'), Buffer.concat([bytes, contentOf('Y'), contentOf('cd')]))
      }
      return readSoon.apply(disk, read)
    }
    expect(await world.supply(seq, content).all()).toEqual([1, 2])
    await told(world.answer, { settledSeq: seq })
    expect(world.holdsInHistory(seq, 'a', content) || world.holds('a', content)).toBe(true)
  })

  test('are asked for after all when the index is wrong', async () => {
    const content = contentOf('abXd')
    const seq = await world.neededOver(contentOf('abcd'), content)
    const lying = Buffer.from(content)
    world.replica.disk.readNow = (_, into) => {
      lying.copy(into)
      into[0]! ^= 1
      return into.length
    }
    expect(await world.supply(seq, content).all()).toEqual([0, 1, 2, 3])
    await told(world.answer, { settledSeq: seq })
    expect(world.holds('a', content)).toBe(true)
  })

  test('are asked for after all when the disk cannot read them', async () => {
    const content = contentOf('abXd')
    const seq = await world.neededOver(contentOf('abcd'), content)
    world.replica.disk.readSoon = () => Promise.reject(new DiskError('EIO', 'read'))
    expect(await world.supply(seq, content).all()).toEqual([0, 1, 2, 3])
    await told(world.answer, { settledSeq: seq })
  })
})

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../../protocol/digest.ts'
import type { RecordHash } from '../../protocol/ids.ts'
import type { JournalEntry } from '../../protocol/record.ts'
import { DiskError } from './disk.ts'
import { Gatherings, gatheredFor, gatheringId } from './gatherings.ts'
import { Stages } from './staging.ts'
import { temporaryFolder, WatchedDisk } from './store.fixture.ts'

const MiB = 1024 * 1024
const entryOf = (seq: number, digit = 'a') =>
  ({ record: { seq }, hash: digit.repeat(64) as RecordHash }) as unknown as JournalEntry
const sealed = { size: 1, ...digestOf(Buffer.from('x')) }

let folder: string
let disk: WatchedDisk
let stages: Stages
let gatherings: Gatherings
let reserved: number
let free: number

beforeEach(() => {
  folder = temporaryFolder()
  mkdirSync(join(folder, 'staging'))
  disk = new WatchedDisk()
  reserved = 0
  free = 100 * MiB
  disk.freeBytes = () => free
  disk.totalBytes = () => 1000 * MiB
  const fd = disk.openFolder(join(folder, 'staging'))
  stages = new Stages({ disk, folder: fd, onFlushFailed: () => {}, onNoSpace: () => false })
  const release = (): boolean => {
    free += reserved
    return reserved > 0
  }
  gatherings = new Gatherings({ disk, stages, reserve: { release } })
})

afterEach(() => {
  disk.close(stages.folder)
  expect(disk.open.size).toBe(0)
  rmSync(folder, { recursive: true })
})

const names = (): string[] => readdirSync(join(folder, 'staging'))
const begun = { is: 'begun' } as const

async function begin(seq: number): Promise<void> {
  ;(await gatherings.open(entryOf(seq))).close(begun)
}

test('a name says whose it is: of another record with the same seq it is another', () => {
  expect(gatheringId(entryOf(0x12))).toBe(`0000000000000012${'a'.repeat(16)}`)
  expect(gatheringId(entryOf(0x12, 'b'))).not.toBe(gatheringId(entryOf(0x12)))
  expect(gatheredFor(gatheringId(entryOf(0x12)))).toBe(0x12)
})

test('who opens it while somebody has it open waits until that is over', async () => {
  const first = await gatherings.open(entryOf(1))
  let isOpen = false
  const second = gatherings.open(entryOf(1)).then(file => {
    isOpen = true
    return file
  })
  const other = await gatherings.open(entryOf(2))
  other.close(begun)
  let isIdle = false
  const idle = gatherings.idle().then(() => {
    isIdle = true
  })
  expect(isOpen).toBe(false)
  first.close(begun)
  const again = await second
  expect(isIdle).toBe(false)
  again.close(begun)
  await idle
  expect(names()).toHaveLength(2)
})

test('when its record is settled it goes; while somebody has it open, when that is over', async () => {
  await begin(1)
  const open = await gatherings.open(entryOf(2))
  await begin(3)
  gatherings.settled(2)
  expect(names()).toEqual([gatheringId(entryOf(2)), gatheringId(entryOf(3))])
  open.close({ is: 'whole', sealed })
  expect(names()).toEqual([gatheringId(entryOf(3))])
  expect(stages.sealed(gatheringId(entryOf(2)))).toBeNull()
})

test('one that is found at a start goes with its record as well', () => {
  const id = gatheringId(entryOf(7))
  writeFileSync(join(folder, 'staging', id), 'x')
  gatherings.found(id, 7)
  gatherings.settled(6)
  expect(names()).toEqual([id])
  gatherings.settled(7)
  expect(names()).toEqual([])
})

test('one that is whole is known as such until it is opened again', async () => {
  const id = gatheringId(entryOf(1))
  ;(await gatherings.open(entryOf(1))).close({ is: 'whole', sealed })
  expect(stages.sealed(id)).toBe(sealed)
  const again = await gatherings.open(entryOf(1))
  expect(stages.sealed(id)).toBeNull()
  again.close({ is: 'dropped' })
  expect(names()).toEqual([])
})

test('space is given by what is only begun, and not by what is open or whole', async () => {
  await begin(1)
  ;(await gatherings.open(entryOf(2))).close({ is: 'whole', sealed })
  const open = await gatherings.open(entryOf(3))
  expect(gatherings.giveSpace()).toBe(true)
  expect(names()).toEqual([gatheringId(entryOf(2)), gatheringId(entryOf(3))])
  expect(gatherings.giveSpace()).toBe(false)
  open.close(begun)
})

test('what a disk does not let go of is no failure of who needs the space', async () => {
  await begin(1)
  disk.remove = () => {
    throw new DiskError('EIO', 'unlink')
  }
  expect(gatherings.giveSpace()).toBe(false)
  const open = await gatherings.open(entryOf(2))
  open.close({ is: 'dropped' })
  ;(await gatherings.open(entryOf(2))).close(begun)
})

describe('room for bytes that are committed', () => {
  test('is there, or is made by what is only begun', async () => {
    expect(gatherings.makeRoom(100 * MiB)).toBe(true)
    expect(gatherings.makeRoom(101 * MiB)).toBe(false)
    await begin(1)
    const remove = disk.remove.bind(disk)
    disk.remove = (...what) => {
      free += 50 * MiB
      remove(...what)
    }
    expect(gatherings.makeRoom(150 * MiB)).toBe(true)
    expect(names()).toEqual([])
  })

  test('is made by the reserve, where that is enough, and else the reserve stays', () => {
    reserved = 10 * MiB
    expect(gatherings.makeRoom(111 * MiB)).toBe(false)
    expect(free).toBe(100 * MiB)
    expect(gatherings.makeRoom(110 * MiB)).toBe(true)
  })
})

/** What is ordered only when there is room for it. */
import { append, mkdir, put, remove, rename, stageId } from './changes.fixture.ts'
import { type Disk, DiskError, type Fd } from './disk.ts'
import type { Reserve } from './reserve.ts'
import { grows, needAt, needOf, noNeed, Room } from './room.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** A disk that says what a test wants, and its reserve of 1 MiB. */
class Numbers {
  free = 10 * MiB
  files = 1_000
  held = MiB
  /** How often the reserve was asked to be made. */
  asked = 0
  /** What somebody else had to find. */
  readonly left: number[] = []

  room(): Room {
    const disk = { freeBytes: () => this.free, freeFiles: () => this.files } as unknown as Disk
    const makes = (): void => void this.asked++
    const heldNow = (): number => this.held
    const reserve = {
      wantedBytes: MiB,
      get heldBytes() {
        return heldNow()
      },
      make: makes,
      leave: (bytes: number) => this.left.push(bytes),
    }
    return new Room({ disk, folder: 3 as Fd, reserve: reserve as unknown as Reserve })
  }
}

const growing = (room: Room, bytes: number) => room.refusal({ bytes, files: 1 }, true)?.message ?? null
const deleting = (room: Room, bytes: number) => room.refusal({ bytes, files: 1 }, false)?.message ?? null

test('a change that needs more than is free is refused with NO_SPACE', () => {
  const numbers = new Numbers()
  const room = numbers.room()
  expect(room.refusal({ bytes: 20 * MiB, files: 1 }, true)).toMatchObject({
    code: 'NO_SPACE',
    message: 'no space is left',
  })
  expect(growing(room, MiB)).toBeNull()
})

test('whatever grows leaves the reserve alone, held or given free; a delete may use it', () => {
  const numbers = new Numbers()
  const room = numbers.room()
  numbers.free = 300 * KiB
  expect([growing(room, 40 * KiB), growing(room, 50 * KiB)]).toEqual([null, 'no space is left'])
  numbers.free += MiB
  numbers.held = 0
  expect([growing(room, 40 * KiB), growing(room, 50 * KiB)]).toEqual([null, 'no space is left'])
  numbers.free = 0
  numbers.held = MiB
  expect([growing(room, 0), deleting(room, 900 * KiB)]).toEqual(['no space is left', null])
  numbers.held = 100 * KiB
  expect([deleting(room, 30 * KiB), deleting(room, 40 * KiB)]).toEqual([null, 'no space is left'])
})

test('the reserve is made again, where there is room, before something that grows is refused', () => {
  const numbers = new Numbers()
  const room = numbers.room()
  room.refusal(noNeed, false)
  expect(numbers.asked).toBe(0)
  room.refusal(noNeed, true)
  expect(numbers.asked).toBe(1)
})

test('what is ordered counts as taken until it is settled', () => {
  const numbers = new Numbers()
  const room = numbers.room()
  room.owe(7, { bytes: 5 * MiB, files: 1 })
  room.owe(8, { bytes: 4 * MiB, files: 1 })
  expect([growing(room, MiB), deleting(room, MiB)]).toEqual(['no space is left', null])
  room.settled(7)
  expect(growing(room, MiB)).toBeNull()
  room.owe(9, { bytes: 5 * MiB, files: 1 })
  expect(growing(room, MiB)).toBe('no space is left')
  room.settled(9)
  expect(growing(room, 9 * MiB)).toBeNull()
})

test('a record that takes the number of one that was taken back counts in its place', () => {
  const numbers = new Numbers()
  const room = numbers.room()
  for (const bytes of [9 * MiB, 9 * MiB, 0]) room.owe(7, { bytes, files: 1 })
  expect(growing(room, 9 * MiB)).toBeNull()
})

test('the reserve gives way to bytes that a delete cannot do without', () => {
  const numbers = new Numbers()
  const room = numbers.room()
  room.makeWay(100_000)
  expect(numbers.left).toEqual([100_000 + 64 * KiB])
})

test('inodes count as space does', () => {
  const numbers = new Numbers()
  const room = numbers.room()
  numbers.files = 40
  expect(room.refusal({ bytes: 0, files: 8 }, true)).toBeNull()
  expect(room.refusal({ bytes: 0, files: 9 }, true)).toMatchObject({
    code: 'NO_SPACE',
    message: 'no inodes are left',
  })
  room.owe(1, { bytes: 0, files: 8 })
  expect(growing(room, 0)).toBe('no inodes are left')
  numbers.files = 12
  expect([deleting(room, 0), room.refusal({ bytes: 0, files: 1 }, false)]).toEqual([
    'no inodes are left',
    expect.anything(),
  ])
  room.settled(1)
  expect(deleting(room, 0)).toBeNull()
  numbers.files = Number.POSITIVE_INFINITY
  expect(room.refusal({ bytes: 0, files: 1e9 }, true)).toBeNull()
})

test('a disk that does not say is taken to have enough', () => {
  const disk = {
    freeBytes: () => {
      throw new DiskError('EIO', 'statfs')
    },
  } as unknown as Disk
  const reserve = { wantedBytes: 0, heldBytes: 0, make: () => {} } as unknown as Reserve
  const room = new Room({ disk, folder: 3 as Fd, reserve })
  expect([growing(room, MiB), deleting(room, MiB)]).toEqual([null, null])
})

test('what a record needs: its bytes where they are not staged, and folders here and in history', () => {
  const bytesOf = ({ change }: ReturnType<typeof put>): number => needOf(change).bytes - needAt('a', 0).bytes
  expect(bytesOf(put('a', 'x'.repeat(5_000)))).toBe(8_192)
  expect(bytesOf(put('a', 'x'.repeat(5_000), { stage: stageId(1) }))).toBe(0)
  expect(bytesOf(append('a', 'base', 'x', { stage: stageId(1) }))).toBe(4_096)
  expect([bytesOf(remove('a')), bytesOf(mkdir('a')), bytesOf(rename('b', 'a'))]).toEqual([0, 0, 0])
  expect(needAt('a/b/c', 0).files).toBeGreaterThan(needAt('a', 0).files)
  expect(needOf({ type: 'abandoned', abandonedSeq: 1, reason: '' })).toEqual(noNeed)
})

test('deletes alone make nothing grow', () => {
  const changes = [put('a', ''), append('a', '', ''), mkdir('a'), rename('a', 'b'), remove('a')]
  expect(changes.map(({ change }) => grows(change))).toEqual([true, true, true, true, false])
})

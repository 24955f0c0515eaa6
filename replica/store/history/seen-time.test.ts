import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeTime } from '../../../fixtures/fake-time.ts'
import { DiskError, type Fd } from '../disk.ts'
import { LinuxDisk } from '../linux-disk.ts'
import { SeenTime } from './seen-time.ts'

const top = (seq: number): string => String(seq).padStart(16, '0')
const ageOf = (seen: SeenTime, seq: number): number | null => seen.ageOf(top(seq), `${top(seq)}/a`)

let name: string
let disk: LinuxDisk
let folder: Fd
let time: FakeTime

beforeEach(() => {
  name = mkdtempSync(join(tmpdir(), 'concur-seen-'))
  disk = new LinuxDisk()
  folder = disk.openFolder(name)
  time = new FakeTime()
})

afterEach(() => {
  disk.close(folder)
  rmSync(name, { recursive: true })
})

function open(settledSeq: number): SeenTime {
  const seen = new SeenTime({ disk, folder, clock: time })
  seen.begin(settledSeq)
  return seen
}

const day = 86_400_000

test('what is there at the first start is as old as that', () => {
  const seen = open(5)
  time.passAtOnce(1000)
  expect([ageOf(seen, 5), ageOf(seen, 6)]).toEqual([1000, null])
  expect([seen.seqOlderThan(1000), seen.seqOlderThan(1001)]).toEqual([5, 0])
})

test('time adds up over runs, and only what was seen of it', () => {
  const first = open(5)
  time.passAtOnce(1000)
  first.save()
  time.passAtOnce(400)
  time = new FakeTime()
  const second = open(5)
  expect(ageOf(second, 5)).toBe(1000)
  time.passAtOnce(50)
  expect(ageOf(second, 5)).toBe(1050)
})

test.each([-365 * day, -day, -3_600_000, 3_600_000, day, 365 * day])(
  'a wall clock that jumps by %d ms makes nothing older or younger',
  byMs => {
    const seen = open(5)
    time.passAtOnce(1000)
    time.jumpWallClock(byMs)
    expect(ageOf(seen, 5)).toBe(1000)
    seen.save()
    expect(ageOf(open(5), 5)).toBe(1000)
  },
)

test('an object is as old as the sample behind its record', () => {
  const seen = open(5)
  time.passAtOnce(1000)
  seen.sample(9, 100)
  time.passAtOnce(50)
  seen.sample(12, 100)
  expect([5, 9, 12].map(seq => ageOf(seen, seq))).toEqual([1050, 50, null])
  time.passAtOnce(50)
  seen.sample(12, 100)
  expect(ageOf(seen, 12)).toBe(0)
})

test('what is filed late, under a record that is dated already, is as old as that moment', () => {
  const seen = open(5)
  time.passAtOnce(1000)
  seen.filing(3, `${top(3)}/a`)
  seen.filing(6, `${top(6)}/a`)
  expect([ageOf(seen, 3), seen.ageOf(top(3), `${top(3)}/b`), ageOf(seen, 6)]).toEqual([0, 1000, null])
  // It is on the disk before anything is moved.
  expect(ageOf(open(5), 3)).toBe(0)
})

test('of very much that is filed late everything since is as old as that moment', () => {
  const seen = open(5)
  for (let i = 0; i < 1000; i++) seen.notice(`x${i}`)
  time.passAtOnce(1000)
  seen.filing(3, `${top(3)}/a`)
  expect(ageOf(seen, 3)).toBeNull()
})

test('records that take the numbers of others are dated anew', () => {
  const seen = open(5)
  time.passAtOnce(1000)
  seen.sample(9, 0)
  seen.save()
  time.passAtOnce(1000)
  seen.cutBehind(7)
  expect([ageOf(seen, 5), ageOf(seen, 8)]).toEqual([2000, null])
  expect(ageOf(open(7), 8)).toBeNull()
})

test('a start that is behind what was dated dates it anew, and the next start as well', () => {
  const seen = open(5)
  time.passAtOnce(1000)
  seen.sample(9, 0)
  seen.save()
  expect(ageOf(open(7), 8)).toBeNull()
  expect(ageOf(open(20), 8)).toBeNull()
})

test.each(['', 'nonsense', '00000000 {"seenMs":1,"samples":[],"noticed":{}}\n'])(
  'a file that says %p begins anew',
  text => {
    const seen = open(5)
    time.passAtOnce(1000)
    seen.save()
    writeFileSync(join(name, 'seen'), text)
    expect(ageOf(open(5), 5)).toBe(0)
  },
)

test('where there is no room to say that dates are gone, none are left', () => {
  const seen = open(5)
  time.passAtOnce(1000)
  seen.sample(9, 0)
  seen.save()
  disk.write = () => {
    throw new DiskError('ENOSPC', 'write')
  }
  seen.cutBehind(7)
  expect(() => readFileSync(join(name, 'seen'))).toThrow('ENOENT')
})

import type { Fd } from './disk.ts'
import { EarlyFlush } from './early-flush.ts'

const MiB = 1024 * 1024

let begun: string[]
let end: () => void
let early: EarlyFlush

beforeEach(() => {
  begun = []
  const disk = {
    beginFlush(_: Fd, position: number, bytes: number): Promise<void> {
      begun.push(`${position / MiB} ${bytes / MiB}`)
      return new Promise(resolve => {
        end = resolve
      })
    },
  }
  early = new EarlyFlush({ disk, file: 3 as Fd })
})

const write = (...pieces: number[]): void => {
  for (const at of pieces) early.wrote(at * MiB, MiB)
}

async function ended(): Promise<void> {
  end()
  await Promise.resolve()
}

test('nothing is begun of a short file', () => {
  write(0, 1, 2)
  expect(begun).toEqual([])
})

test('what was written is begun in pieces, each byte once', async () => {
  write(0, 1, 2, 3)
  await ended()
  write(4, 5, 6, 7)
  expect(begun).toEqual(['0 4', '4 4'])
})

test('while the disk is busy nothing more is asked of it; what came meanwhile is begun with what comes next', async () => {
  write(0, 1, 2, 3, 4, 5, 6, 7, 8)
  expect(begun).toEqual(['0 4'])
  await ended()
  write(9)
  expect(begun).toEqual(['0 4', '4 6'])
})

test('of pieces that do not lie one behind the other only the last ones are begun', () => {
  write(0, 1, 7, 8, 9)
  expect(begun).toEqual([])
  write(10)
  expect(begun).toEqual(['7 4'])
})

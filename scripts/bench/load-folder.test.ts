import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { smallBytes } from './contents.ts'
import { FolderLane } from './load-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'load-folder-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** @returns what came of so many files: null for each answer, and the errors. */
function outcomes(place: string, count: number): Promise<(Error | null)[]> {
  return new Promise(resolve => {
    const seen: (Error | null)[] = []
    const see = (outcome: Error | null): void => {
      if (seen.push(outcome) === count) resolve(seen)
    }
    const lane = new FolderLane(place, { onAnswer: () => see(null), onFailed: see })
    for (let i = 0; i < count; i++) lane.ask()
  })
}

test('every answer stands for a file of its own', async () => {
  expect(await outcomes(join(folder, 'new'), 3)).toEqual([null, null, null])
  const parent = join(folder, 'new', '0')
  expect(readdirSync(parent).sort()).toEqual(['0', '1', '2'])
  expect(statSync(join(parent, '2')).size).toBe(smallBytes)
})

test('a file that cannot be made is no answer', async () => {
  writeFileSync(join(folder, 'in the way'), '')
  const [failure] = await outcomes(join(folder, 'in the way'), 1)
  expect(failure).toMatchObject({ code: expect.stringMatching(/ENOTDIR|EEXIST/) })
})

import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../../protocol/digest.ts'
import { blockBytes } from '../../protocol/limits.ts'
import type { Fd } from './disk.ts'
import { looksAlike, samplesOf } from './looks-alike.ts'
import { temporaryFolder, WatchedDisk } from './store.fixture.ts'

test.each([0, 1, 5, 16, 17, 1000, 1_048_576])(
  'of %d blocks a few are looked at, each once, from the first one on',
  blocks => {
    const samples = samplesOf(blocks)
    expect(samples).toHaveLength(Math.min(16, blocks))
    expect(new Set(samples).size).toBe(samples.length)
    for (const sample of samples) expect(sample).toBeLessThan(blocks)
    if (blocks > 0) expect(samples[0]).toBe(0)
    if (blocks > 16) expect(samples.at(-1)).toBeGreaterThan(blocks * 0.85)
  },
)

describe('a file and a content', () => {
  const folder = temporaryFolder()
  const disk = new WatchedDisk()
  let reads = 0
  disk.readSoon = async (file, into, position) => {
    reads++
    return disk.read(file, into, position)
  }
  beforeEach(() => {
    reads = 0
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const contentOf = (blocks: string): Buffer =>
    Buffer.concat([...blocks].map(block => Buffer.alloc(block === '.' ? 9 : blockBytes, block)))

  async function alike(file: string, content: string): Promise<boolean> {
    const name = join(folder, 'file')
    const bytes = contentOf(file)
    writeFileSync(name, bytes)
    const fd = openSync(name, 'r')
    try {
      const { blockDigests } = digestOf(contentOf(content))
      return await looksAlike(disk, { fd: fd as Fd, size: bytes.length }, blockDigests)
    } finally {
      closeSync(fd)
    }
  }

  test.each([
    ['abc', 'abc', true],
    ['abc', 'xyc', true],
    ['ab.', 'xy.', true],
    ['a', 'axyz', true],
    ['abc', 'xyz', false],
    ['', 'abc', false],
    ['abc', '', false],
  ])('of %j and %j are alike: %s', async (file, content, expected) => {
    expect(await alike(file, content)).toBe(expected)
  })

  test('that have nothing in common cost no more than a few blocks', async () => {
    expect(await alike('a'.repeat(40), 'b'.repeat(40))).toBe(false)
    expect(reads).toBe(16)
  })
})

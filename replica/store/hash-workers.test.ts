/** The same for every hasher, and what only worker threads can do wrong. */
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../../protocol/digest.ts'
import { blockBytes } from '../../protocol/limits.ts'
import type { BlockHasher } from './block-hasher.ts'
import type { Fd } from './disk.ts'
import { HashWorkers } from './hash-workers.ts'
import { InlineHasher } from './inline-hasher.ts'
import { LinuxDisk } from './linux-disk.ts'
import { temporaryFolder, timers, typescriptWorker } from './store.fixture.ts'

const worker = typescriptWorker(new URL('./hash-worker.ts', import.meta.url))
const hashers: Record<string, () => BlockHasher> = {
  'worker threads': () => new HashWorkers({ workerUrl: worker }),
  'this thread': () => new InlineHasher({ disk: new LinuxDisk(), timers }),
}
const noProgress = () => {}

let folder: string
const opened: number[] = []

beforeAll(() => {
  folder = temporaryFolder()
})

afterAll(() => {
  for (const fd of opened) closeSync(fd)
  rmSync(folder, { recursive: true })
})

function fileOf(bytes: Buffer): Fd {
  const name = join(folder, `file-${opened.length}`)
  writeFileSync(name, bytes)
  opened.push(openSync(name, 'r'))
  return opened.at(-1) as Fd
}

/** `size` bytes, no two blocks alike. */
function bytesOf(size: number): Buffer {
  const bytes = Buffer.alloc(size, 'x')
  for (let at = 0; at + 4 <= size; at += 4096) bytes.writeUInt32LE(at, at)
  return bytes
}

describe.each(Object.keys(hashers))('hashing in %s', where => {
  let hasher: BlockHasher

  beforeAll(() => {
    hasher = hashers[where]!()
  })

  afterAll(() => hasher.close())

  test.each([0, 1, blockBytes, blockBytes + 1, 40 * blockBytes + 7])(
    'gives the block digests of %d bytes',
    async size => {
      const bytes = bytesOf(size)
      expect(await hasher.hash(fileOf(bytes), size, noProgress)).toEqual(digestOf(bytes).blockDigests)
    },
  )

  test('hashes several files at once, each right', async () => {
    const contents = [33, 2, 20, 1].map(blocks => bytesOf(blocks * blockBytes - 5))
    const hashed = await Promise.all(
      contents.map(bytes => hasher.hash(fileOf(bytes), bytes.length, noProgress)),
    )
    expect(hashed).toEqual(contents.map(bytes => digestOf(bytes).blockDigests))
  })

  test('tells its progress, growing, up to the whole', async () => {
    const size = 40 * blockBytes + 7
    const told: number[] = []
    await hasher.hash(fileOf(bytesOf(size)), size, (done, total) => {
      expect(total).toBe(size)
      told.push(done)
    })
    expect(told.length).toBeGreaterThan(1)
    expect(told).toEqual([...told].sort((a, b) => a - b))
    expect(told.at(-1)).toBe(size)
  })

  test('gives null for a file that ends too early', async () => {
    expect(await hasher.hash(fileOf(bytesOf(3 * blockBytes)), 50 * blockBytes, noProgress)).toBeNull()
  })

  test("passes on the system's refusal", async () => {
    await expect(hasher.hash(openFolder(), blockBytes, noProgress)).rejects.toMatchObject({ code: 'EISDIR' })
  })

  test('rejects what is under way when it is closed, and what comes later', async () => {
    const closing = hashers[where]!()
    const size = 100 * blockBytes
    const hashing = closing.hash(fileOf(bytesOf(size)), size, noProgress)
    const rejected = expect(hashing).rejects.toThrow('closed')
    await closing.close()
    await rejected
    await expect(closing.hash(fileOf(bytesOf(10)), 10, noProgress)).rejects.toThrow('closed')
  })
})

function openFolder(): Fd {
  opened.push(openSync(folder, 'r'))
  return opened.at(-1) as Fd
}

test('a small file does not wait for a huge one that was there first', async () => {
  const hasher = new HashWorkers({ workerUrl: worker })
  const size = 400 * blockBytes
  let isHugeDone = false
  const huge = hasher.hash(fileOf(bytesOf(size)), size, noProgress).then(() => {
    isHugeDone = true
  })
  await hasher.hash(fileOf(bytesOf(blockBytes)), blockBytes, noProgress)
  expect(isHugeDone).toBe(false)
  await huge
  await hasher.close()
})

test('a worker that cannot start rejects what it was given, and the next file gets a new one', async () => {
  const hasher = new HashWorkers({ workerUrl: new URL('data:text/javascript,throw new Error("no worker")') })
  const file = fileOf(bytesOf(10))
  for (let i = 0; i < 2; i++) await expect(hasher.hash(file, 10, noProgress)).rejects.toThrow('no worker')
  await hasher.close()
})

test('a failure is told when nothing reads from the file any more', async () => {
  const lateMs = 50
  const source = `
    import { parentPort } from 'node:worker_threads'
    const fail = ({ id }) => parentPort.postMessage({ id, is: 'failed', errno: 'EIO' })
    parentPort.on('message', piece => piece.firstBlock === 0 ? fail(piece) : setTimeout(fail, ${lateMs}, piece))`
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`)
  const hasher = new HashWorkers({ workerUrl: url })
  const size = 32 * blockBytes
  let failedAtMs = 0
  const startedAtMs = performance.now()
  await hasher.hash(fileOf(Buffer.alloc(1)), size, noProgress).catch(() => {
    failedAtMs = performance.now()
  })
  expect(failedAtMs - startedAtMs).toBeGreaterThan(lateMs * 0.9)
  await hasher.close()
})

import { type Fd, isFailedFlush } from './disk.ts'
import { LinuxDisk } from './linux-disk.ts'

const disk = new LinuxDisk()
const none = 1_000_000 as Fd

const flushes: Record<string, () => void | Promise<void>> = {
  flush: () => disk.flush(none),
  flushSoon: () => disk.flushSoon(none),
  flushDataSoon: () => disk.flushDataSoon(none),
  flushAllSoon: () => disk.flushAllSoon(none),
}

test.each(Object.keys(flushes))('%s asks the system, and what that refuses is a failed flush', async name => {
  const error = await (async () => flushes[name]!())().catch((error: unknown) => error)
  expect(error).toMatchObject({ name: 'DiskError', code: 'EBADF' })
  expect(isFailedFlush(error)).toBe(true)
})

test('a beginning of a flush that the system refuses is told to nobody: the flush itself will be', async () => {
  await expect(disk.beginFlush(none, 0, 4096)).resolves.toBeUndefined()
})

/** An append costs what is appended, and the block that it touches: not the file. */
import { blockBytes } from '../../protocol/limits.ts'
import { append, at, digest, put, settle, staged } from './changes.fixture.ts'
import type { Fd } from './disk.ts'
import { openTemporaryStore, WatchedDisk } from './store.fixture.ts'

/** The real disk, which counts bytes; zeros, of which a new segment of the journal is made, are not counted. */
class CountingDisk extends WatchedDisk {
  bytesRead = 0
  written = 0

  reset(): void {
    this.bytesRead = 0
    this.written = 0
  }

  override read(file: Fd, into: Uint8Array, position: number): number {
    const read = super.read(file, into, position)
    this.bytesRead += read
    return read
  }

  override async readSoon(file: Fd, into: Uint8Array, position: number): Promise<number> {
    const read = await super.readSoon(file, into, position)
    this.bytesRead += read
    return read
  }

  override write(file: Fd, bytes: Uint8Array, position: number): void {
    this.count(bytes)
    super.write(file, bytes, position)
  }

  override writeSoon(file: Fd, bytes: Uint8Array, position: number): Promise<void> {
    this.count(bytes)
    return super.writeSoon(file, bytes, position)
  }

  override append(file: Fd, bytes: Uint8Array) {
    this.count(bytes)
    return super.append(file, bytes)
  }

  private count(bytes: Uint8Array): void {
    if (bytes.some(byte => byte !== 0)) this.written += bytes.length
  }
}

const KiB = 1024
/** Bytes in the file's last block. */
const tail = 500
const large = Buffer.alloc(16 * blockBytes + tail, 'large ')
const added = Buffer.alloc(KiB, 'x')

test('an append of 1 KiB to a large file writes and reads a few KiB, and so does the next one', async () => {
  const disk = new CountingDisk()
  const { store, hasher, remove } = await openTemporaryStore({ disk })
  await settle(store, put('a', large, { stage: await staged(store, 1, large) }))
  let content: Buffer = large
  for (let appends = 1; appends <= 3; appends++) {
    const grown = Buffer.concat([content, added])
    const change = append('a', content, added)
    disk.reset()
    hasher.hashed = 0
    await settle(store, change)
    // In the journal, with its record, and in the file; the last block is hashed again.
    expect(disk.written).toBeGreaterThanOrEqual(2 * KiB)
    expect(disk.written).toBeLessThan(8 * KiB)
    expect(disk.bytesRead).toBeLessThan(tail + appends * KiB + 8 * KiB)
    disk.reset()
    expect(await store.look(at('a'), { deep: false })).toMatchObject({ digest: digest(grown) })
    expect([hasher.hashed, disk.bytesRead]).toEqual([0, 0])
    content = grown
  }
  await remove()
})

/** A store that is opened on a full disk: a real one. */
import { mkdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { FakeTime } from '../../fixtures/fake-time.ts'
import { canHaveSmallDisks, SmallDisk } from '../../fixtures/small-disk.ts'
import { at, digest, put, settle } from './changes.fixture.ts'
import { openLmdbIndex } from './lmdb-index.ts'
import { openTemporaryStore, type TemporaryStore } from './store.fixture.ts'

const onSmallDisks = canHaveSmallDisks() ? describe : describe.skip

onSmallDisks('a store on a full disk', () => {
  let small: SmallDisk
  let root: string
  let time: FakeTime
  let faults: unknown[]
  const open = (bootId = 'one'): Promise<TemporaryStore> =>
    openTemporaryStore({
      ...{ root, bootId, timers: time, segmentBytes: 65536 },
      openIndex: folder => openLmdbIndex({ folder, timers: time, onFault: error => void faults.push(error) }),
      onFault: error => faults.push(error),
    })
  const boot = () => readFileSync(join(root, '.concur/boot'), 'utf8')

  beforeEach(async () => {
    small = await SmallDisk.make({ size: '8m' })
    root = join(small.folder, 'root')
    mkdirSync(root)
    time = new FakeTime()
    faults = []
  })

  afterEach(() => small.remove())

  /** Leaves one with a file, on a disk that was filled since. */
  async function left({ hasReserve }: { hasReserve: boolean }): Promise<void> {
    const { store } = await open()
    await settle(store, put('a', 'one'))
    await store.close()
    if (!hasReserve) truncateSync(join(root, '.concur/reserve'), 0)
    small.fill()
  }

  test.each([
    ['the next process', 'one'],
    ['the next start of the system', 'two'],
  ])('serves what it has in %s, with the room that was kept', async (_, bootId) => {
    await left({ hasReserve: true })
    const { store } = await open(bootId)
    expect(await store.look(at('a'), { deep: true })).toMatchObject({ is: 'file', digest: digest('one') })
    expect([boot(), faults]).toEqual([`${bootId}\n`, []])
    expect(store.room.refusal({ bytes: 1, files: 1 }, true)).toMatchObject({ code: 'NO_SPACE' })
    expect(store.room.refusal({ bytes: 1, files: 1 }, false)).toBeNull()
    await store.close()
  })

  test('serves what it has without any room, and notes the start of the system when there is some', async () => {
    await left({ hasReserve: false })
    const { store } = await open('two')
    expect(await store.look(at('a'), { deep: true })).toMatchObject({ is: 'file', digest: digest('one') })
    await time.pass(3_000)
    expect(boot()).toBe('one\n')
    expect(store.room.refusal({ bytes: 1, files: 1 }, false)).toMatchObject({ code: 'NO_SPACE' })
    small.empty()
    await store.flush()
    expect(boot()).toBe('two\n')
    await settle(store, put('a', 'two', { base: 'one' }))
    await store.close()
  })

  test('that was never there is refused in one sentence', async () => {
    small.fill()
    await expect(open()).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('--root') })
    small.empty()
    const { store } = await open()
    await store.close()
  })
})

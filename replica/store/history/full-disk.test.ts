/** A disk that is full stops changes, and takes nothing from history: a real one. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { canHaveSmallDisks, SmallDisk } from '../../../fixtures/small-disk.ts'
import { historyOf, put, remove, settle } from '../changes.fixture.ts'
import { openTemporaryStore } from '../store.fixture.ts'

const onSmallDisks = canHaveSmallDisks() ? describe : describe.skip
const day = 86_400_000
const grows = { bytes: 4096, files: 4 }

onSmallDisks('on a full disk', () => {
  test('changes that grow are refused, and history stays whole', async () => {
    const disk = await SmallDisk.make({ size: '8m' })
    const { store, root } = await openTemporaryStore({ root: disk.folder, onFault: () => {} })
    const rounds: unknown[] = []
    store.history.listen(round => void rounds.push(round))
    store.history.setKeep({ keepMs: 30 * day, neededAfter: () => Number.POSITIVE_INFINITY })
    await settle(store, put('a', 'one'), put('a', 'two', { base: 'one' }), put('b', 'x'.repeat(50_000)))
    await settle(store, remove('b', { base: 'x'.repeat(50_000) }))
    await store.flush()
    const before = historyOf(root)
    expect(Object.keys(before)).toHaveLength(2)
    disk.fill()
    expect(store.room.refusal(grows, true)).toMatchObject({ code: 'NO_SPACE' })
    await settle(store, remove('a', { base: 'two' }))
    expect(historyOf(root)).toMatchObject({ ...before, '5/a': 'two' })
    await store.close()
    const again = await openTemporaryStore({ root: disk.folder, onFault: () => {} })
    expect(again.store.room.refusal(grows, true)).toMatchObject({ code: 'NO_SPACE' })
    expect(historyOf(root)).toMatchObject({ ...before, '5/a': 'two' })
    rmSync(join(root, 'ballast'))
    expect(again.store.room.refusal(grows, true)).toBeNull()
    await again.store.close()
    expect(rounds).toEqual([])
    await disk.remove()
  })
})

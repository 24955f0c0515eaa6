/** Pruning, ended at each call that changes something on the disk: nothing is lost that was not to go, and the rest goes later. */
import { rmSync } from 'node:fs'
import { wholeTree } from '../../../protocol/path.ts'
import { historyOf, put, settle, treeOf } from '../changes.fixture.ts'
import { CrashDisk, type Survives, SurvivingIndex } from '../crash.fixture.ts'
import { noTimers, openTemporaryStore, temporaryFolder } from '../store.fixture.ts'
import type { Store } from '../store.ts'

const endless = { keepMs: null, neededAfter: () => Number.POSITIVE_INFINITY }
const all = { path: wholeTree, olderMs: 0, isDone: true }

async function prune(store: Store, seqMax: number): Promise<void> {
  store.history.setKeep(endless)
  for await (const _ of store.history.forget({ ...all, seqMax })) {
    // One path after the other.
  }
}

test.each(['all of the index', 'the index as it was flushed', 'nothing of the index'] as Survives[])(
  'with %s',
  async survives => {
    for (let call = 1; ; call++) {
      const root = temporaryFolder()
      const index = new SurvivingIndex()
      const disk = new CrashDisk()
      const { store } = await openTemporaryStore({ root, disk, openIndex: () => index, timers: noTimers })
      await settle(store, put('f/a', 'one'), put('f/a', 'two', { base: 'one' }), put('b', 'one'))
      await settle(store, put('b', 'two', { base: 'one' }), put('b', 'three', { base: 'two' }))
      await store.flush()
      disk.arm(call)
      // The last record's stays.
      const isWhole = await prune(store, 4).then(
        () => true,
        () => false,
      )
      await store.settler.stop()
      disk.abandon()
      index.crash(survives)
      const again = await openTemporaryStore({ root, openIndex: () => index, timers: noTimers })
      expect(treeOf(root)).toEqual({ f: null, 'f/a': 'two', b: 'three' })
      expect(historyOf(root)).toMatchObject({ '5/b': 'two' })
      await prune(again.store, 4)
      expect(historyOf(root)).toEqual({ '5/b': 'two' })
      await again.remove()
      rmSync(root, { recursive: true, force: true })
      if (isWhole) break
    }
  },
)

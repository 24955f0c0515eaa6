/** Opens a node's copy as a server has it: on the real disk, with workers that hash and an index that stays. */
import { readFileSync } from 'node:fs'
import type { Clock, Random, Timers } from '../../protocol/world.ts'
import { HashWorkers } from './hash-workers.ts'
import { LinuxDisk } from './linux-disk.ts'
import { openLmdbIndex } from './lmdb-index.ts'
import { InotifyWatcher } from './lookout/inotify-watcher.ts'
import { Lookout } from './lookout/lookout.ts'
import type { News } from './lookout/report.ts'
import { Store } from './store.ts'

const bootIdFile = '/proc/sys/kernel/random/boot_id'

export interface LocalCopy {
  readonly store: Store
  readonly lookout: Lookout
  close(): Promise<void>
}

/**
 * `mainUrl`: the module that the process began with, built or not; the worker is always the built one.
 * @throws ConcurError USAGE, naming `--root`.
 */
export async function openLocalCopy(options: {
  root: string
  clock: Clock
  timers: Timers
  random: Random
  mainUrl: string
  /** Takes a fence away, when a flush works. */
  recheck?: boolean
  onFault: (error: unknown) => void
  /** Hears of what people did to the tree, and why no changes are taken. */
  onNews: (news: News) => void
}): Promise<LocalCopy> {
  const { root, clock, timers, random, mainUrl, onFault, onNews, recheck = false } = options
  const workerUrl = new URL(
    mainUrl.endsWith('.ts') ? '../replica/store/hash-worker.ts' : './hash-worker.js',
    mainUrl,
  )
  const store = await Store.open({
    root,
    disk: new LinuxDisk(),
    clock,
    timers,
    random,
    hasher: new HashWorkers({ workerUrl }),
    openIndex: folder => openLmdbIndex({ folder, timers, onFault }),
    bootId: bootId(),
    whom: { user: process.geteuid!(), groups: [process.getegid!(), ...process.getgroups!()] },
    recheck,
    onFault,
  })
  const tellFence = (reason: string): void =>
    onNews({ level: 'error', message: 'takes no changes', fields: { reason } })
  if (store.fence.reason !== null) tellFence(store.fence.reason)
  store.fence.listen(tellFence)
  const watcher = new InotifyWatcher()
  const lookout = new Lookout({ ground: store.lookoutGround, watcher, isMeant: recheck, onNews })
  lookout.start()
  return {
    store,
    lookout,
    async close() {
      await lookout.stop()
      await store.close()
    },
  }
}

function bootId(): string {
  return readFileSync(bootIdFile, 'utf8').trim()
}

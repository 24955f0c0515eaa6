/** For the tests of this folder: a lookout over a temporary store, on a time and with a watcher of the test's own. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FakeTime, turns } from '../../../fixtures/fake-time.ts'
import { markedName } from '../../../protocol/conflicts.ts'
import { type FilePath, type FolderPath, parsePath } from '../../../protocol/path.ts'
import type { Fd } from '../disk.ts'
import { openTemporaryStore, type TemporaryStore } from '../store.fixture.ts'
import { Lookout } from './lookout.ts'
import type { News } from './report.ts'
import { type Change, moreOf, type Watcher } from './watcher.ts'

/** Hints at what a test says, and knows which folders it was shown. */
export class ScriptedWatcher implements Watcher {
  unwatched: string | null = null
  isClosed = false
  readonly shown = new Set<string>()
  private changes = new Map<FilePath, Change>()
  private isWhole = true

  say(path: string, change: Change = 'thing'): void {
    const known = this.changes.get(parsePath(path))
    this.changes.set(parsePath(path), known === undefined ? change : moreOf(known, change))
  }

  loseSomething(): void {
    this.isWhole = false
  }

  watch(_folder: Fd, path: FolderPath): void {
    this.shown.add(path === '' ? '.' : path)
  }

  beginRound(): void {
    this.shown.clear()
  }

  endRound(): void {}

  take(): { changes: ReadonlyMap<FilePath, Change>; isWhole: boolean } {
    const taken = { changes: this.changes, isWhole: this.isWhole }
    this.changes = new Map()
    this.isWhole = true
    return taken
  }

  close(): void {
    this.isClosed = true
  }
}

export class Watching {
  readonly time: FakeTime
  readonly watcher = new ScriptedWatcher()
  readonly news: News[] = []
  readonly lookout: Lookout
  readonly temporary: TemporaryStore

  constructor(
    temporary: TemporaryStore,
    time: FakeTime,
    { isMeant, isWatched }: { isMeant: boolean; isWatched: boolean },
  ) {
    this.temporary = temporary
    this.time = time
    const watcher = isWatched ? this.watcher : null
    const ground = temporary.store.lookoutGround
    this.lookout = new Lookout({ ground, watcher, isMeant, onNews: news => void this.news.push(news) })
  }

  /** Those of these paths that are marked. */
  marked(...paths: string[]): string[] {
    const names = new Set(this.lookout.marked())
    return paths.filter(path => names.has(markedName(parsePath(path))))
  }

  /** What was told to the log, by its message. */
  told(message: string): News['fields'][] {
    return this.news.flatMap(news => (news.message === message ? [news.fields] : []))
  }

  edit(path: string, content: string | Buffer): void {
    const file = join(this.temporary.root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }

  /** Lets it look at what the watcher said, and at what it waits for. */
  async pass(ms = 600): Promise<void> {
    await this.time.pass(ms)
    await this.rest()
  }

  /** A scan now. */
  async scan(): Promise<void> {
    this.lookout.scanNow()
    await this.rest()
  }

  async rest(): Promise<void> {
    for (let before = -1; before !== this.news.length; ) {
      before = this.news.length
      await turns(50)
      await this.lookout.atRest()
    }
  }

  /** Ends in order. `isLast`: the root goes as well. */
  async end(isLast = true): Promise<void> {
    await this.lookout.stop()
    if (isLast) await this.temporary.remove()
    else await this.temporary.store.close()
  }
}

type StoreOptions = NonNullable<Parameters<typeof openTemporaryStore>[0]>

/** @returns one whose first scan has ended. */
export async function startWatching(
  options: Omit<StoreOptions, 'clock' | 'timers'> & { isWatched?: boolean } = {},
): Promise<Watching> {
  const { isWatched = true, ...store } = options
  const time = new FakeTime()
  const temporary = await openTemporaryStore({ ...store, clock: time, timers: time })
  const watching = new Watching(temporary, time, { isMeant: store.recheck ?? false, isWatched })
  watching.lookout.start()
  await watching.rest()
  return watching
}

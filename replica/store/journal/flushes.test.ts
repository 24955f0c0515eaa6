/**
 * Each flush of the journal is needed: in the life of a small journal the power is cut at every call, and a process is
 * killed at every call and the power cut in the life of the next one; in every way that leaves of each file, and of the
 * folder's names, what was flushed, with or without what came later.
 */
import { faultOf, type Image } from '../../../fixtures/journal-images.ts'
import { JournalLife } from '../../../fixtures/journal-life.ts'
import { Chain } from '../../../fixtures/journals.ts'
import { longSegment, openInMemory } from '../../../fixtures/refused-journals.ts'

/** Collects what every cut before every call, and one at the end, would leave. */
class Cuts {
  private readonly images: (Image & { readonly call: number })[] = []

  /** From now on. */
  watch(life: JournalLife): void {
    life.disk.before = call => {
      if (call !== 'openOwn') this.take(life)
    }
  }

  take({ disk, allowed }: JournalLife): void {
    for (const cut of disk.everyCut()) this.images.push({ call: disk.calls, disk: cut, allowed })
  }

  /** Opens what each leaves. @returns how many there were. */
  async check(): Promise<number> {
    for (const { call, ...image } of this.images) expect([call, await faultOf(image)]).toEqual([call, null])
    return this.images.length
  }
}

/** Appends, steps to new segments, drops within a segment and across some, drops all, releases. */
async function live(life: JournalLife): Promise<void> {
  life.start()
  await life.append(2)
  await life.append(14)
  await life.drop(15)
  await life.append(1)
  await life.drop(3)
  await life.append(2)
  await life.end()
  life.start()
  await life.append(9)
  await life.drop(0)
  await life.append(20)
  await life.release(19)
  await life.append(1)
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await null
}

test('nobody is told that a record is durable while its flush is under way', async () => {
  const { disk, journal, world } = openInMemory(longSegment)
  const chain = new Chain(1)
  await journal.append(chain.take(1))
  let release = () => {}
  const flushing = new Promise<void>(resolve => {
    disk.before = call => {
      if (call !== 'flush') return
      disk.gate = new Promise(onReleased => {
        release = onReleased
      })
      resolve()
    }
  })
  const told: number[] = []
  const appended = journal.append(chain.take(1)).then(() => told.push(journal.durableSeq))
  await flushing
  await turns(20)
  expect([told, journal.durableSeq]).toEqual([[], 1])
  release()
  await appended
  expect(told).toEqual([2])
  await journal.close()
  world.remove()
})

test('a power cut at any call loses nothing that was acknowledged', async () => {
  const life = new JournalLife()
  const cuts = new Cuts()
  cuts.watch(life)
  await live(life)
  cuts.take(life)
  expect(await cuts.check()).toBeGreaterThan(200)
})

test('what a process that was killed at any call has left is durable when the next one builds on it', async () => {
  let isOver = false
  let call = 1
  for (; !isOver; call++) {
    const life = new JournalLife()
    const killed = new Promise<boolean>(resolve => {
      life.disk.before = (_, number) => {
        if (number !== call) return
        life.kill()
        resolve(false)
      }
    })
    isOver = await Promise.race([killed, live(life).then(() => true)])
    // What the system had begun for the process ends before another one has the lock.
    await turns(5)
    const cuts = new Cuts()
    cuts.watch(life)
    life.start()
    await life.append(2)
    cuts.take(life)
    await cuts.check()
  }
  expect(call).toBeGreaterThan(100)
})

/**
 * The journal after a power cut at any step: before every call that changes the disk, of appends, steps to new
 * segments, dropped records, openings, and the same after kills, the disk is copied as a cut would leave it, and the copy is opened. It must
 * have all that was acknowledged, nothing that was not appended, and no record may be called lost.
 */
import type { FaultyDisk } from '../../../fixtures/faulty-disk.ts'
import { faultOf, type Image } from '../../../fixtures/journal-images.ts'
import { Script } from '../../../fixtures/journal-script.ts'
import { SeededChance } from '../../../fixtures/seeded-chance.ts'

const scripts = 10

async function faultsOf(images: readonly Image[], chance: SeededChance, later?: Image[]): Promise<string[]> {
  const faults: string[] = []
  for (const image of images) {
    const { allowed } = image
    const duringOpening = (disk: FaultyDisk) => later?.push({ disk: disk.crashed(chance), allowed })
    const fault = await faultOf(image, duringOpening)
    if (fault !== null) faults.push(fault)
  }
  return faults
}

test('a power cut at any step, those of the opening after it included, loses nothing that was acknowledged', async () => {
  let images = 0
  for (let seed = 1; seed <= scripts; seed++) {
    const script = new Script(seed)
    await script.run(16)
    const chance = new SeededChance(seed)
    const duringOpening: Image[] = []
    expect([seed, await faultsOf(script.images, chance, duringOpening)]).toEqual([seed, []])
    expect([seed, await faultsOf(duringOpening, chance)]).toEqual([seed, []])
    images += script.images.length + duringOpening.length
  }
  expect(images).toBeGreaterThan(scripts * 500)
})

/** Each drops one kind of flush; the scripts above must find it. */
const plantedBugs: Record<string, (disk: FaultyDisk) => void> = {
  'records and headers are never flushed': disk => {
    disk.flushDataSoon = async () => {}
  },
  'new names, prepared segments and cuts are never flushed': disk => {
    disk.flushSoon = async () => {}
  },
  'nothing is flushed when a journal is opened': disk => {
    disk.flush = () => {}
  },
}

test.each(Object.entries(plantedBugs))('it shows when %s', async (_, plant) => {
  const faults: string[] = []
  for (let seed = 1; seed <= 5; seed++) {
    const script = new Script(seed)
    plant(script.disk)
    await script.run(16)
    faults.push(...(await faultsOf(script.images, new SeededChance(seed))))
  }
  expect(faults.length).toBeGreaterThan(0)
})

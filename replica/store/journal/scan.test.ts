/**
 * What is read of a segment that is not as it was written: cut short at every byte, with any sector zeroed, with
 * bits flipped. No record is taken for good that is not, and all before the damage is there.
 */
import {
  type Copied,
  expectationOf,
  type Written,
  writeJournals,
} from '../../../fixtures/damaged-journals.ts'
import { bitsFlipped, sectorsZeroed } from '../../../fixtures/journal-damages.ts'
import { SeededChance } from '../../../fixtures/seeded-chance.ts'
import { scanSegment } from './scan.ts'
import { decodeHeader } from './segment-header.ts'

let written: readonly Copied[]

beforeAll(async () => {
  written = await writeJournals(200)
})

/** @returns how many records of a segment a scan finds in `bytes`. */
function scanned(journal: Written, name: string, bytes: Buffer): number {
  const { salt, firstSeq, previous } = decodeHeader(journal.files.get(name)!)!
  const chain = { seq: firstSeq - 1, hash: Buffer.from(previous, 'hex') }
  const found = scanSegment({ bytes, salt, chain, seqMax: Number.MAX_SAFE_INTEGER, onEntry: () => {} })
  return found.chain.seq - chain.seq
}

/** @throws Error unless a segment, cut at each byte from `from` on, has the records that end before. */
function assertCuts(journal: Written, name: string, from: (ends: readonly number[]) => number): void {
  const bytes = journal.files.get(name)!
  const ends = journal.places.filter(place => place.name === name).map(({ end }) => end)
  for (let cut = from(ends); cut < ends.at(-1)!; cut++) {
    const whole = ends.filter(end => end <= cut).length
    if (scanned(journal, name, bytes.subarray(0, cut)) !== whole)
      throw new Error(`${name} cut at ${cut} must have ${whole} records`)
  }
}

test('a segment that is cut at any byte of its last record ends with the one before', () => {
  for (const { journal } of written)
    for (const name of journal.names) assertCuts(journal, name, ends => ends.at(-2) ?? 4096)
})

test('a segment that is cut at any byte ends with the last whole record before', () => {
  for (const { journal } of written.slice(0, 50))
    for (const name of journal.names) assertCuts(journal, name, () => 4096)
})

test('a segment of which any sector is zeroed, or a bit flipped, ends with the last record before', () => {
  for (const [i, { journal }] of written.entries()) {
    for (const { name, bytes } of [
      ...sectorsZeroed(journal),
      ...bitsFlipped(journal, new SeededChance(i), 60),
    ]) {
      const { lost } = expectationOf(journal, name, journal.files.get(name)!, bytes)
      const inSegment = journal.places.slice(0, lost).filter(place => place.name === name)
      if (decodeHeader(bytes) !== null) expect(scanned(journal, name, bytes)).toBe(inSegment.length)
    }
  }
})

import { type Dates, filedBy, type Sample, sampled, samplesMax, samplesUpTo, seqFiledBy } from './ages.ts'

const top = (seq: number): string => String(seq).padStart(16, '0')
const samples: Sample[] = [
  { seenMs: 0, seq: 10 },
  { seenMs: 100, seq: 20 },
  { seenMs: 200, seq: 30 },
]
const dates = (noticed: Record<string, number> = {}): Dates => ({
  samples,
  noticed: new Map(Object.entries(noticed)),
})
const filedAt = (seq: number, noticed?: Record<string, number>): number | null =>
  filedBy(dates(noticed), top(seq), `${top(seq)}/a`)

test('an object is dated by the first sample behind its record: it is older than that at the most', () => {
  expect([1, 10, 11, 20, 21, 30, 31].map(seq => filedAt(seq))).toEqual([0, 0, 100, 100, 200, 200, null])
})

test('a name that was used again is dated by that, and never earlier than its record', () => {
  expect(filedAt(1, { [`${top(1)}/a`]: 250 })).toBe(250)
  expect(filedAt(30, { [`${top(30)}/a`]: 50 })).toBe(200)
  expect(filedAt(1, { [`${top(1)}/b`]: 250 })).toBe(0)
})

test('what a fork left is dated when its folder is noticed', () => {
  const fork = 'fork-0000000000000013-0a1b2c3d'
  expect(filedBy(dates(), `${fork}/tree`, `${fork}/tree/a`)).toBeNull()
  expect(filedBy(dates({ [fork]: 70 }), `${fork}/tree`, `${fork}/tree/a`)).toBe(70)
  expect(filedBy(dates({ [fork]: 70 }), `${fork}/${top(1)}`, `${fork}/${top(1)}/a`)).toBe(70)
})

test('a name that says nothing has no date', () => {
  expect(filedBy(dates(), 'mine', 'mine/a')).toBeNull()
})

test('what is due ends with the last sample of that time', () => {
  expect([-1, 0, 99, 100, 1000].map(seenMs => seqFiledBy(dates(), seenMs))).toEqual([0, 10, 10, 20, 30])
})

test('a sample is taken when there is something new, and the last one is old enough', () => {
  const add = (seenMs: number, seq: number) => sampled(samples, { seenMs, seq }, 50)
  expect(add(249, 40)).toBe(samples)
  expect(add(300, 30)).toBe(samples)
  expect(add(250, 40)).toEqual([...samples, { seenMs: 250, seq: 40 }])
  expect(sampled([], { seenMs: 5, seq: 0 }, 50)).toEqual([{ seenMs: 5, seq: 0 }])
})

test('however many samples are taken, only so many stay, and no object becomes older by it', () => {
  let all: readonly Sample[] = []
  const exact: Sample[] = []
  for (let i = 0; i < 5 * samplesMax; i++) {
    const one = { seenMs: i * 10, seq: i }
    exact.push(one)
    all = sampled(all, one, 10)
    expect(all.length).toBeLessThanOrEqual(samplesMax)
  }
  expect(all.at(-1)).toEqual(exact.at(-1))
  const none = new Map<string, number>()
  for (let seq = 0; seq < exact.length; seq += 7) {
    const thin = filedBy({ samples: all, noticed: none }, top(seq), '')!
    expect(thin).toBeGreaterThanOrEqual(filedBy({ samples: exact, noticed: none }, top(seq), '')!)
  }
})

test('of records that were taken back no sample stays', () => {
  expect(samplesUpTo(samples, 30)).toBe(samples)
  expect(samplesUpTo(samples, 29)).toEqual(samples.slice(0, 2))
  expect(samplesUpTo(samples, 5)).toEqual([])
})

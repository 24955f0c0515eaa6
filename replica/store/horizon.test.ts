import { Horizon } from './horizon.ts'

function horizonOf({ lastSeq = 1000, loggedSeq = 1000 } = {}) {
  const released: number[] = []
  const faults: unknown[] = []
  const journal = {
    last: { seq: lastSeq } as never,
    releaseUpTo: async (seq: number) => void released.push(seq),
  }
  const horizon = new Horizon({ journal, log: { loggedSeq }, onFault: error => faults.push(error) })
  return { horizon, journal, released, faults }
}

const nobody = (): number => Number.POSITIVE_INFINITY

test('nothing is released before somebody has said how much is kept', () => {
  const { horizon, released } = horizonOf()
  horizon.flushed(1000)
  expect(released).toEqual([])
})

test.each([
  ['as many records as are kept', { records: 300, neededAfter: nobody }, {}, 1000, 700],
  ['what is not flushed', { records: 0, neededAfter: nobody }, {}, 600, 600],
  ['what is not in the log', { records: 0, neededAfter: nobody }, { loggedSeq: 500 }, 1000, 500],
  ['what another node needs', { records: 0, neededAfter: (): number => 400 }, {}, 1000, 400],
] as const)('a release leaves %s', (_, keep, world, flushedSeq, until) => {
  const { horizon, released } = horizonOf(world)
  horizon.keep = keep
  horizon.flushed(flushedSeq)
  expect(released).toEqual([until])
})

test('a journal that is not longer than what is kept is left alone', () => {
  const { horizon, released } = horizonOf()
  horizon.keep = { records: 1000, neededAfter: nobody }
  horizon.flushed(1000)
  expect(released).toEqual([])
})

test('a release that fails is told', async () => {
  const { horizon, journal, faults } = horizonOf()
  const failure = new Error('no')
  journal.releaseUpTo = () => Promise.reject(failure)
  horizon.keep = { records: 0, neededAfter: nobody }
  horizon.flushed(1000)
  await null
  await null
  expect(faults).toEqual([failure])
})

import { beginSearch, isFork, knowsMore, mayNeedReleased, narrowed, nextProbe } from './meeting-point.ts'

/** Looks for the last of `common` equal records in journals the shorter of which has `shorter`. */
function search(shorter: number, common: number): { found: number; probes: number[] } {
  const probes: number[] = []
  let state = beginSearch(shorter)
  for (let probe = nextProbe(state); probe !== null; probe = nextProbe(state)) {
    probes.push(probe)
    state = narrowed(state, probe, probe <= common)
  }
  return { found: state.common, probes }
}

describe('the search for the last common record', () => {
  test('finds it wherever it is, and never compares a record twice', () => {
    for (let shorter = 0; shorter <= 70; shorter++) {
      for (let common = 0; common <= shorter; common++) {
        const { found, probes } = search(shorter, common)
        expect({ shorter, common, found }).toEqual({ shorter, common, found: common })
        expect(new Set(probes).size).toBe(probes.length)
        expect(probes.every(probe => probe >= 1 && probe <= shorter)).toBe(true)
      }
    }
  })

  test('compares one record where the shorter journal is the beginning of the longer', () => {
    expect(search(1_000_000, 1_000_000).probes).toEqual([1_000_000])
  })

  test('compares none where a journal is empty', () => {
    expect(search(0, 0).probes).toEqual([])
  })

  test('compares few where a short tail differs, and few where nearly everything does', () => {
    expect(search(1_000_000, 999_998).probes).toEqual([1_000_000, 999_998, 999_999])
    expect(search(1_000_000, 3).probes.length).toBeLessThanOrEqual(42)
  })
})

test.each([
  ['nothing', 5, { lastSeq: 5, committedSeq: 5 }, false],
  ['a tail that is not committed', 5, { lastSeq: 8, committedSeq: 5 }, false],
  ['a commit told ahead of its records', 5, { lastSeq: 5, committedSeq: 8 }, false],
  ['a commit', 5, { lastSeq: 8, committedSeq: 6 }, true],
])('a replica with %s behind the common record knows more: %#', (_, common, replica, is) => {
  expect(knowsMore(common, replica)).toBe(is)
})

describe('a fork', () => {
  const cases = [
    ['no', 'journals that are the same', 9, 9, { lastSeq: 9, committedSeq: 9 }],
    ['no', 'a replica that is behind', 5, 9, { lastSeq: 5, committedSeq: 4 }],
    ['no', 'a tail that is not committed', 5, 5, { lastSeq: 8, committedSeq: 5 }],
    ['no', 'a tail that only we committed', 5, 7, { lastSeq: 8, committedSeq: 5 }],
    ['no', 'commits that we lack', 5, 5, { lastSeq: 8, committedSeq: 7 }],
    ['a', 'commits on both sides', 5, 7, { lastSeq: 8, committedSeq: 6 }],
    ['a', 'journals with nothing in common', 0, 3, { lastSeq: 3, committedSeq: 3 }],
    ['no', 'an empty replica', 0, 9, { lastSeq: 0, committedSeq: 0 }],
    ['no', 'an empty coordinator', 0, 0, { lastSeq: 4, committedSeq: 4 }],
    ['no', 'a commit told ahead of its records', 5, 9, { lastSeq: 5, committedSeq: 8 }],
  ] as const

  test.each(cases)('%s fork: %s', (is, _, common, ownCommittedSeq, replica) => {
    expect(isFork({ common, ownCommittedSeq, replica })).toBe(is === 'a')
  })
})

describe('the search in journals of which one begins later', () => {
  test('compares nothing before that, and finds what is common behind it', () => {
    for (const common of [30, 31, 45, 50]) {
      const probes: number[] = []
      let state = beginSearch(50, 30)
      for (let probe = nextProbe(state); probe !== null; probe = nextProbe(state)) {
        probes.push(probe)
        state = narrowed(state, probe, probe <= common)
      }
      expect([state.common, probes.every(probe => probe >= 30)]).toEqual([common, true])
    }
  })

  test.each([20, 29])('compares none where the other ends before, at %i, and has nothing in common', last => {
    const state = beginSearch(last, 30)
    expect([nextProbe(state), state.common]).toEqual([null, 29])
  })
})

test.each([
  ['has settled up to there', { beginSeq: 0, settledSeq: 30 }, false],
  ['has records before it that it has not settled', { beginSeq: 0, settledSeq: 29 }, true],
  ['begins there itself, whatever it has settled', { beginSeq: 30, settledSeq: 10 }, false],
  ['begins before', { beginSeq: 20, settledSeq: 10 }, true],
] as const)(
  'of a journal that begins at 30, a replica that %s may need what was released: %#',
  (_, replica, may) => {
    expect(mayNeedReleased(30, replica)).toBe(may)
  },
)

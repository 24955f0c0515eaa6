import { faultsWithout, type JestReport, outcomeOf } from './outcome.ts'

type Suite = JestReport['testResults'][number]
type Test = Suite['assertionResults'][number]

const one = { file: 'store/a.test.ts', name: 'keeps what it has' }

const ran = (status: string, message?: string, fullName = 'a store keeps what it has'): Test => ({
  fullName,
  status,
  failureMessages: message === undefined ? [] : [message],
})

function reportOf(tests: readonly Test[], message = ''): JestReport {
  const status = tests.every(one => one.status === 'passed') ? 'passed' : 'failed'
  return { testResults: [{ name: '/copy/store/a.test.ts', status, message, assertionResults: tests }] }
}

const red = ran('failed', 'Error: expect(received).toBe(expected)\n    at …')

test('a bug is caught by a test that ran and failed', () => {
  const report = reportOf([ran('passed', undefined, 'another keeps what it has'), red])
  expect(outcomeOf(report, [one])).toEqual({ is: 'caught', by: 'a store keeps what it has' })
})

test.each([
  ['all is green', reportOf([ran('passed')]), 'all is green in store/a.test.ts'],
  [
    'another test is red',
    reportOf([ran('passed'), ran('failed', 'Error', 'b')]),
    'all is green in store/a.test.ts',
  ],
  [
    'the file could not be loaded',
    reportOf([], '  ● Test suite failed to run\n\n    SyntaxError'),
    'store/a.test.ts could not be run: ● Test suite failed to run',
  ],
  [
    'no test has the name',
    reportOf([ran('passed', undefined, 'b')]),
    'store/a.test.ts has no test that is called keeps what it has',
  ],
  [
    'the test was left out',
    reportOf([ran('pending')]),
    'store/a.test.ts has no test that is called keeps what it has',
  ],
  ['the file was not run', { testResults: [] }, 'store/a.test.ts was not run'],
  [
    'what was planted is no program',
    reportOf([ran('failed', 'ReferenceError: flsuh is not defined')]),
    'a store keeps what it has only broke: ReferenceError: flsuh is not defined',
  ],
  [
    'the test came to no end',
    reportOf([ran('failed', 'Error: thrown: "Exceeded timeout of 20000 ms for a test.')]),
    'a store keeps what it has only broke: Error: thrown: "Exceeded timeout of 20000 ms for a test.',
  ],
])('it is not caught when %s', (_, report, why) => {
  expect(outcomeOf(report, [one])).toEqual({ is: 'not caught', why })
})

test('each of those that are named has to turn red', () => {
  const other = { file: 'b.test.ts', name: 'b' }
  const [suite] = reportOf([red]).testResults
  const green: Suite = {
    ...suite!,
    name: '/copy/b.test.ts',
    assertionResults: [ran('passed', undefined, 'b')],
  }
  expect(outcomeOf({ testResults: [suite!, green] }, [one, other])).toEqual({
    is: 'not caught',
    why: 'all is green in b.test.ts',
  })
  expect(outcomeOf({ testResults: [] }, [])).toEqual({ is: 'not caught', why: 'no test is named' })
})

test('without a bug every test that is named is there, and green', () => {
  expect(faultsWithout(reportOf([ran('passed')]), [one])).toEqual([])
  expect(faultsWithout(reportOf([red]), [one])).toEqual([
    'red without a bug: a store keeps what it has: Error: expect(received).toBe(expected)',
  ])
  expect(faultsWithout(reportOf([]), [one])).toEqual([
    'store/a.test.ts could not be run: it does not say why',
  ])
})

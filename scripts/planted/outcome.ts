/**
 * What a run of jest says of a bug. A bug is caught when a test ran and failed: not when its file could not be loaded,
 * nor when what was planted is no program any more, nor when the test came to no end. Pure.
 */
import type { NamedTest } from './planted-bug.ts'

/** The part of jest's `--json` that is read here. */
export interface JestReport {
  readonly testResults: readonly {
    /** The file's whole name. */
    readonly name: string
    readonly status: string
    /** Why the file could not be run. */
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

type Test = JestReport['testResults'][number]['assertionResults'][number]

export type Outcome =
  | { readonly is: 'caught'; readonly by: string }
  | { readonly is: 'not caught'; readonly why: string }

/** @returns `caught` when each of `named` has a test that failed. */
export function outcomeOf(report: JestReport, named: readonly NamedTest[]): Outcome {
  let by: string | null = null
  for (const one of named) {
    const tests = testsOf(report, one)
    if ('why' in tests) return { is: 'not caught', why: tests.why }
    const red = tests.ran.find(hasFailed)
    if (red === undefined) return { is: 'not caught', why: whyGreen(tests.ran, one) }
    by ??= red.fullName
  }
  return by === null ? { is: 'not caught', why: 'no test is named' } : { is: 'caught', by }
}

/** @returns what is wrong when nothing is planted: every test that is named is there, and green. */
export function faultsWithout(report: JestReport, named: readonly NamedTest[]): string[] {
  return named.flatMap(one => {
    const tests = testsOf(report, one)
    if ('why' in tests) return [tests.why]
    return tests.ran
      .filter(({ status }) => status !== 'passed')
      .map(
        ({ fullName, failureMessages }) => `red without a bug: ${fullName}: ${firstLine(failureMessages[0])}`,
      )
  })
}

/** The tests that were run of those with this name. */
function testsOf(
  { testResults }: JestReport,
  { file, name }: NamedTest,
): { ran: readonly Test[] } | { why: string } {
  const suite = testResults.find(one => one.name.endsWith(`/${file}`))
  if (suite === undefined) return { why: `${file} was not run` }
  if (suite.assertionResults.length === 0)
    return { why: `${file} could not be run: ${firstLine(suite.message)}` }
  const ran = suite.assertionResults.filter(
    ({ fullName, status }) => status !== 'pending' && fullName.includes(name),
  )
  return ran.length > 0 ? { ran } : { why: `${file} has no test that is called ${name}` }
}

function hasFailed({ status, failureMessages }: Test): boolean {
  return status === 'failed' && failureMessages.some(isCatch)
}

/** A mistake in what was planted, or a test that nobody heard of again, has found nothing. */
function isCatch(message: string): boolean {
  return (
    !/^(ReferenceError|SyntaxError|TypeError)\b/.test(message) && !/Exceeded timeout of \d+ ms/.test(message)
  )
}

function whyGreen(ran: readonly Test[], { file }: NamedTest): string {
  const broken = ran.find(({ status }) => status === 'failed')
  if (broken === undefined) return `all is green in ${file}`
  return `${broken.fullName} only broke: ${firstLine(broken.failureMessages[0])}`
}

// Colours.
const escapes = /\u001b\[[0-9;]*m/g

function firstLine(message: string | undefined): string {
  const lines = (message ?? '').replace(escapes, '').split('\n')
  return lines.find(line => line.trim() !== '')?.trim() ?? 'it does not say why'
}

/**
 * The test of the tests: each bug of bugs/ is planted in a copy of the sources, alone, and the tests that are to find it
 * must turn red; without a bug they must be green.
 *
 *     scripts/planted/run [BUG …] [--part K/N]
 *
 * With --part every bug is planted, and the tests are run for every Nth: those of part K, from 0 on.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Copy } from './copy.ts'
import { allWithinMs, Jest } from './jest.ts'
import { faultsWithout, type Outcome, outcomeOf } from './outcome.ts'
import type { PlantedBug } from './planted-bug.ts'

type Named = PlantedBug & { readonly name: string }

/** More runs side by side would only make each slower. */
const lanesMax = 2

const sources = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'concur-planted-'))
const jest = new Jest()
let isLeaving = false

function leave(status: number): never {
  isLeaving = true
  jest.kill()
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  process.exit(status)
}

function say(line: string): void {
  if (!isLeaving) process.stdout.write(`${line}\n`)
}

async function allBugs(): Promise<Named[]> {
  const names = readdirSync(join(import.meta.dirname, 'bugs')).sort()
  return Promise.all(
    names.map(async file => {
      const { bug } = (await import(`./bugs/${file}`)) as { bug: PlantedBug }
      return { ...bug, name: file.replace(/\.ts$/, '') }
    }),
  )
}

/** @returns those that are named, or all. */
function chosen(bugs: readonly Named[], names: readonly string[]): readonly Named[] {
  const unknown = names.find(name => !bugs.some(bug => bug.name === name))
  if (unknown !== undefined) {
    process.stderr.write(`no bug is called ${unknown}; there are ${bugs.map(({ name }) => name).join(' ')}\n`)
    leave(2)
  }
  return names.length > 0 ? bugs.filter(({ name }) => names.includes(name)) : bugs
}

async function planted(copy: Copy, bug: Named): Promise<Outcome> {
  try {
    copy.plant(bug.edits)
    return outcomeOf(await jest.run(copy.folder, bug.caughtBy), bug.caughtBy)
  } catch (error) {
    return { is: 'not caught', why: (error as Error).message }
  } finally {
    if (!isLeaving) copy.restore(bug.edits)
  }
}

/** @returns those of the part that is asked for, as `2/3`; or all. */
function partOf(bugs: readonly Named[], part: string | undefined): readonly Named[] {
  if (part === undefined) return bugs
  const [which, of] = part.split('/').map(Number) as [number, number]
  if (!(Number.isInteger(which) && which >= 0 && which < of)) {
    process.stderr.write(`--part ${part}: it must be K/N, K from 0 to N - 1\n`)
    leave(2)
  }
  return bugs.filter((_, place) => place % of === which)
}

/** @returns whether it can still be planted: what it changes stands there. */
async function tryPlanting(copy: Copy, bug: Named): Promise<boolean> {
  try {
    copy.plant(bug.edits)
    return true
  } catch (error) {
    say(`${bug.name}: NOT PLANTED: ${(error as Error).message}`)
    return false
  } finally {
    copy.restore(bug.edits)
  }
}

/** @returns whether some test finds it. */
async function tryBug(copy: Copy, bug: Named): Promise<boolean> {
  const outcome = await planted(copy, bug)
  if (outcome.is === 'caught') say(`${bug.name}: caught by "${outcome.by}"`)
  else say(`${bug.name}: NOT CAUGHT: ${bug.what} (${outcome.why})`)
  return outcome.is === 'caught'
}

/** @returns whether all that is named is green where nothing is planted. */
async function tryWithout(copy: Copy, bugs: readonly Named[]): Promise<boolean> {
  const named = bugs.flatMap(({ caughtBy }) => caughtBy)
  const faults = await jest.run(copy.folder, named, allWithinMs).then(
    report => faultsWithout(report, named),
    error => [(error as Error).message],
  )
  for (const fault of new Set(faults)) say(`without a bug: ${fault}`)
  if (faults.length === 0) say('without a bug: all green')
  return faults.length === 0
}

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.on(signal, () => leave(status))
process.on('uncaughtException', error => {
  process.stderr.write(`${error.stack}\n`)
  leave(1)
})

const { positionals, values } = parseArgs({
  options: { part: { type: 'string' } },
  allowPositionals: true,
})
const named = chosen(await allBugs(), positionals)
const bugs = partOf(named, values.part)
const work = [
  (copy: Copy) => tryWithout(copy, bugs),
  ...bugs.map(bug => (copy: Copy) => tryBug(copy, bug)),
  ...named.filter(bug => !bugs.includes(bug)).map(bug => (copy: Copy) => tryPlanting(copy, bug)),
]
let passed = 0
let failed = 0
const lanes = Array.from({ length: Math.min(lanesMax, availableParallelism()) }, async (_, lane) => {
  const copy = new Copy(sources, join(folder, `${lane}`))
  for (let next = work.shift(); next !== undefined; next = work.shift())
    if (await next(copy)) passed++
    else failed++
})
await Promise.all(lanes)
say(`${passed} passed, ${failed} failed`)
leave(failed === 0 ? 0 : 1)

/** Runs some tests of a copy, in a process group of its own, so that nothing of it outlives us. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { JestReport } from './outcome.ts'
import type { NamedTest } from './planted-bug.ts'

/** Milliseconds for a run of what finds one bug, which may make a test hang; and for a run of all that is named. */
const bugWithinMs = 120_000
export const allWithinMs = 600_000
/** Of one test. */
const testWithinMs = 20_000

export class Jest {
  private readonly running = new Set<ChildProcess>()

  /** `folder`: a copy. @returns what jest reports. @throws Error when it came to no end, or reported nothing. */
  async run(folder: string, named: readonly NamedTest[], withinMs = bugWithinMs): Promise<JestReport> {
    const report = join(folder, 'report.json')
    rmSync(report, { force: true })
    await this.ended(folder, withinMs, [
      ...['--runInBand', '--forceExit', '--watchman=false', `--testTimeout=${testWithinMs}`],
      ...[`--cacheDirectory=${join(folder, 'cache')}`, '--json', `--outputFile=${report}`],
      ...['--testNamePattern', patternOf(named)],
      ...['--runTestsByPath', ...new Set(named.map(({ file }) => file))],
    ])
    if (!existsSync(report)) throw new Error('jest has reported nothing')
    return JSON.parse(readFileSync(report, 'utf8')) as JestReport
  }

  /** Ends all at once. */
  kill(): void {
    for (const child of this.running) killGroup(child)
  }

  private async ended(folder: string, withinMs: number, args: readonly string[]): Promise<void> {
    const child = start(folder, args)
    this.running.add(child)
    let isLate = false
    const giveUp = setTimeout(() => {
      isLate = true
      killGroup(child)
    }, withinMs)
    await new Promise(resolve => child.once('exit', resolve).once('error', resolve))
    clearTimeout(giveUp)
    // What a test started may be there still.
    killGroup(child)
    this.running.delete(child)
    if (isLate) throw new Error(`the tests came to no end within ${withinMs / 1000} s`)
  }
}

function start(folder: string, args: readonly string[]): ChildProcess {
  // What tests leave behind when they fail goes with the copy.
  const TMPDIR = join(folder, 'tmp')
  mkdirSync(TMPDIR, { recursive: true })
  const { NODE_OPTIONS: _, ...environment } = process.env
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js']
  const env = { ...environment, TMPDIR }
  return spawn(process.execPath, [...jest, ...args], { cwd: folder, detached: true, stdio: 'ignore', env })
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone.
  }
}

/** Only the tests that are named. */
function patternOf(named: readonly NamedTest[]): string {
  const literal = named.map(({ name }) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return `(${[...new Set(literal)].join('|')})`
}

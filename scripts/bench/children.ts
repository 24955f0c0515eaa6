/** The processes of a bench: each started here, each ended here by its id, whatever ends the bench. */
import { type ChildProcess, type ForkOptions, fork, type SpawnOptions, spawn } from 'node:child_process'

/**
 * What programs are told: nothing that makes Node slower or faster to start than it is by itself. A certificate file in
 * NODE_EXTRA_CA_CERTS alone costs every start 40 ms.
 */
export const childEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(NODE|CONCUR)_/.test(name)),
)

/** Milliseconds after SIGTERM until a process that goes on is killed. */
const endWithinMs = 5_000

export class Children {
  private readonly running = new Set<ChildProcess>()
  private isOver = false

  /** Starts a program in a session of its own, so that Ctrl-C reaches only us. */
  spawn(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    this.assertGoing()
    return this.keep(spawn(program, args, { detached: true, env: childEnvironment, ...options }))
  }

  /** Starts a module of ours that takes and gives messages. */
  fork(module: string, args: readonly string[], options: ForkOptions = {}): ChildProcess {
    this.assertGoing()
    return this.keep(fork(module, args, { detached: true, env: childEnvironment, execArgv: [], ...options }))
  }

  /** What takes no signals, as the first process of a namespace, ends with its input. @returns when it is gone. */
  async end(child: ChildProcess): Promise<void> {
    if (!this.running.has(child)) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.stdin?.end()
    child.kill('SIGTERM')
    const kill = setTimeout(() => child.kill('SIGKILL'), endWithinMs)
    await gone
    clearTimeout(kill)
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.running].map(child => this.end(child)))
  }

  /** Nothing is started after this. */
  endForGood(): Promise<void> {
    this.isOver = true
    return this.endAll()
  }

  private assertGoing(): void {
    if (this.isOver) throw new Error('the bench is ending')
  }

  private keep(child: ChildProcess): ChildProcess {
    this.running.add(child)
    child.once('exit', () => this.running.delete(child))
    child.once('error', () => this.running.delete(child))
    return child
  }
}

/** @returns the first of what `find` makes of the lines of the child's standard error. @throws Error when it ends. */
export function awaitLine<T>(
  child: ChildProcess,
  withinMs: number,
  find: (line: string) => T | null,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let seen = ''
    const fail = (what: string): void =>
      reject(new Error(`${child.spawnargs.join(' ')} ${what}: ${seen.trim()}`))
    const giveUp = setTimeout(() => fail(`said nothing of use within ${withinMs} ms`), withinMs)
    child.once('error', error => fail(error.message))
    child.once('exit', () => {
      clearTimeout(giveUp)
      fail('ended')
    })
    child.stderr!.on('data', (bytes: Buffer) => {
      seen = (seen + bytes.toString()).slice(-4096)
      for (const line of seen.split('\n').slice(0, -1)) {
        const found = find(line)
        if (found === null) continue
        clearTimeout(giveUp)
        resolve(found)
      }
    })
  })
}

/**
 * The servers of a campaign: the built programs as processes of their own, each over a folder of its own, on loopback.
 * A server that is started again keeps its port. They end with kill -9 or in order, each by the handle of the process that
 * was started here.
 */
import type { ChildProcess } from 'node:child_process'
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Address } from '../../protocol/world.ts'
import { awaitLine, type Children, childEnvironment } from '../bench/children.ts'
import { Violation } from './violation.ts'

/** What was built here. */
export const ownBuild = fileURLToPath(new URL('../../dist', import.meta.url))

const loopDelay = fileURLToPath(new URL('loop-delay.mjs', import.meta.url))

/** Milliseconds from the start of a server until it listens; no start of a killed server may need more. */
const startWithinMs = 5_000

/** Milliseconds in which a server that is asked to has to have ended. */
const endWithinMs = 5_000

export const coordinatorName = 'server1'

/** What servers are told beside what they need. */
export interface NodeOptions {
  readonly coordinator?: readonly string[]
  readonly replica?: readonly string[]
}

export class Nodes {
  readonly names: readonly string[]
  slowestStartMs = 0
  /** What Node is told of each server, from its next start on. */
  toldToNode: readonly string[] = []
  private readonly folder: string
  private readonly children: Children
  private readonly options: NodeOptions
  private readonly running = new Map<string, ChildProcess>()
  private readonly ports = new Map<string, number>()
  /** Where the coordinator dials a replica instead of its own port. */
  private readonly dialledAt = new Map<string, number>()
  private readonly builds = new Map<string, string>()

  /** `count` servers, the coordinator first. */
  constructor(folder: string, count: number, children: Children, options: NodeOptions = {}) {
    this.options = options
    this.folder = folder
    this.children = children
    this.names = Array.from({ length: count }, (_, place) => `server${place + 1}`)
    for (const name of this.names) mkdirSync(this.root(name))
  }

  root(name: string): string {
    return join(this.folder, name)
  }

  /** From its next start on the coordinator dials this replica at another port. */
  dialAt(name: string, port: number): void {
    this.dialledAt.set(name, port)
  }

  /** From its next start on the server is the program that was built in this folder. */
  runFrom(name: string, build: string): void {
    this.builds.set(name, build)
  }

  /** @returns a new folder beside those of the servers. */
  scratch(): string {
    return mkdtempSync(join(this.folder, 'scratch-'))
  }

  /** The file that holds what the server says. */
  log(name: string): string {
    return join(this.folder, `${name}.log`)
  }

  isRunning(name: string): boolean {
    const child = this.running.get(name)
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  address(name: string): Address {
    return { host: '127.0.0.1', port: this.ports.get(name)! }
  }

  get replicas(): readonly string[] {
    return this.names.slice(1)
  }

  /** For the first time, the coordinator last: it has to be told of the replicas' ports. */
  async startAll(): Promise<void> {
    for (const name of this.replicas) await this.start(name)
    await this.start(coordinatorName)
  }

  /** @throws Error when it does not listen in time. */
  async start(name: string): Promise<void> {
    const begun = performance.now()
    this.ports.set(name, await awaitLine(this.launch(name), startWithinMs, portOf))
    this.slowestStartMs = Math.max(this.slowestStartMs, performance.now() - begun)
  }

  /** Starts it without waiting until it listens. */
  launch(name: string): ChildProcess {
    const isCoordinator = name === coordinatorName
    const others = isCoordinator ? this.replicas : []
    const told = others.flatMap(other => [
      '--replica',
      `${other}=127.0.0.1:${this.dialledAt.get(other) ?? this.ports.get(other)}`,
    ])
    const child = this.children.spawn(
      process.execPath,
      [
        ...['--import', loopDelay],
        ...this.toldToNode,
        join(this.builds.get(name) ?? ownBuild, isCoordinator ? 'coordinator.js' : 'replica.js'),
        ...['--name', name, '--root', this.root(name)],
        ...['--listen', `127.0.0.1:${this.ports.get(name) ?? 0}`],
        ...told,
        ...((isCoordinator ? this.options.coordinator : this.options.replica) ?? []),
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...childEnvironment, LOOP_DELAY_FILE: this.loopDelayFile(name) },
      },
    )
    child.stderr!.pipe(createWriteStream(this.log(name), { flags: 'a' }))
    this.running.set(name, child)
    return child
  }

  /** kill -9 for all of them before any is waited for. */
  async kill(names: readonly string[]): Promise<void> {
    const killed = names.flatMap(name => this.running.get(name) ?? [])
    for (const name of names) this.running.delete(name)
    await Promise.all(killed.map(killNow))
  }

  /** SIGTERM. @throws Violation unless it ends in time, with status 0. */
  async end(name: string): Promise<void> {
    const child = this.running.get(name)!
    this.running.delete(name)
    const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
    const late = new Promise<'late'>(resolve => setTimeout(resolve, endWithinMs, 'late').unref())
    child.kill('SIGTERM')
    const status = await Promise.race([ended, late])
    if (status !== 0) throw new Violation(`${name} was asked to end, and ended with ${status}`)
  }

  pid(name: string): number {
    return this.running.get(name)!.pid!
  }

  /** Where a server writes how long its event loop stood still at the most, when it gets SIGUSR2. */
  loopDelayFile(name: string): string {
    return join(this.folder, `${name}.loop-delay`)
  }

  /** @returns the most memory that the running process ever had, in MiB. */
  peakMemoryMiB(name: string): number {
    const status = readFileSync(`/proc/${this.running.get(name)!.pid}/status`, 'utf8')
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
  }
}

function killNow(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

/** The line may have lost its beginning. */
function portOf(line: string): number | null {
  const said = /"port":(\d+),"msg":"listening"/.exec(line)
  return said === null ? null : Number(said[1])
}

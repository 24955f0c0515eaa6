/** A coordinator and one replica of the build, on free ports, over the bench's two trees. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { awaitLine, type Children } from './children.ts'

const startWithinMs = 15_000

export interface ClusterOptions {
  readonly children: Children
  /** Where the programs lie. */
  readonly dist: string
  /** The coordinator's root and the replica's. */
  readonly roots: readonly [string, string]
  /** Something on the way to the replica: of its port it makes the one that the coordinator dials. */
  readonly line?: (replicaPort: number) => Promise<number>
}

export class Cluster {
  readonly port: number
  readonly coordinator: ChildProcess
  private readonly options: ClusterOptions
  private runningReplica: Started

  static async start(options: ClusterOptions): Promise<Cluster> {
    const replica = await startReplica(options, 0)
    const port = (await options.line?.(replica.port)) ?? replica.port
    const known = ['--replica', `server2=127.0.0.1:${port}`]
    const named = ['--name', 'server1', '--root', options.roots[0], ...known]
    return new Cluster(options, await start(options, 'coordinator', named, 0), replica)
  }

  private constructor(options: ClusterOptions, coordinator: Started, replica: Started) {
    this.options = options
    this.port = coordinator.port
    this.coordinator = coordinator.child
    this.runningReplica = replica
  }

  get replica(): ChildProcess {
    return this.runningReplica.child
  }

  endReplica(): Promise<void> {
    return this.options.children.end(this.replica)
  }

  /** Starts the replica again where it was. */
  async restartReplica(): Promise<void> {
    this.runningReplica = await startReplica(this.options, this.runningReplica.port)
  }

  async end(): Promise<void> {
    await this.options.children.end(this.coordinator)
    await this.endReplica()
  }
}

function startReplica(options: ClusterOptions, port: number): Promise<Started> {
  return start(options, 'replica', ['--name', 'server2', '--root', options.roots[1]], port)
}

/** `port`: 0 takes a free one. */
async function start(
  { children, dist }: ClusterOptions,
  program: string,
  args: readonly string[],
  port: number,
): Promise<Started> {
  const command = [
    ...profiling(),
    join(dist, `${program}.js`),
    ...args,
    ...['--listen', `127.0.0.1:${port}`, '--log-level', 'warn'],
  ]
  const child = children.spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] })
  return { child, port: await awaitLine(child, startWithinMs, portOf) }
}

interface Started {
  readonly child: ChildProcess
  readonly port: number
}

/** With BENCH_PROFILE=FOLDER each server leaves a profile of its time there when it ends. */
function profiling(): string[] {
  const folder = process.env.BENCH_PROFILE
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
}

function portOf(line: string): number | null {
  if (!line.includes('"msg":"listening"')) return null
  return (JSON.parse(line) as { port: number }).port
}

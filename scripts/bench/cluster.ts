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
}

export class Cluster {
  readonly port: number
  readonly coordinator: ChildProcess
  readonly replica: ChildProcess
  private readonly children: Children

  static async start({ children, dist, roots }: ClusterOptions): Promise<Cluster> {
    const start = async (program: string, args: readonly string[]): Promise<Started> => {
      const command = [
        ...profiling(),
        join(dist, `${program}.js`),
        ...args,
        '--listen',
        '127.0.0.1:0',
        '--log-level',
        'warn',
      ]
      const child = children.spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] })
      return { child, port: await awaitLine(child, startWithinMs, portOf) }
    }
    const replica = await start('replica', ['--name', 'server2', '--root', roots[1]])
    const known = ['--replica', `server2=127.0.0.1:${replica.port}`]
    const coordinator = await start('coordinator', ['--name', 'server1', '--root', roots[0], ...known])
    return new Cluster(children, coordinator, replica)
  }

  private constructor(children: Children, coordinator: Started, replica: Started) {
    this.children = children
    this.port = coordinator.port
    this.coordinator = coordinator.child
    this.replica = replica.child
  }

  async end(): Promise<void> {
    await this.children.end(this.coordinator)
    await this.children.end(this.replica)
  }
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

/** S9: memory of every process through large reads, and of a coordinator with many idle connections. */
import { readFileSync } from 'node:fs'
import type { Digest } from '../../../protocol/digest.ts'
import { timeClient } from '../client-read.ts'
import type { Cluster } from '../cluster.ts'
import type { Goal } from '../figures.ts'
import type { Series } from '../report.ts'
import { forgetPeak, residentMiB, watchPeak } from '../resident.ts'
import type { Bench, Row } from '../row.ts'
import { hugePath, lonelyHugePath, lonelyWarmPath, warmPath } from '../trees.ts'

/** Open files of a process beside its connections. */
const otherFiles = 200

/** Milliseconds that a process gets to come to rest. */
const settleMs = 2_000

const atMost = (value: number): Goal => ({ is: 'at most', value })

interface Peaks {
  readonly coordinator: number
  readonly replica: number
  readonly client: number
}

interface Case {
  readonly where: string
  readonly path: string
  readonly bytes: number
  readonly digest: Digest
}

export const memory: Row = {
  name: 'S9',
  needs: ['warm', 'huge'],
  isWarm: false,
  async measure(bench) {
    const { largeBytes, hugeBytes } = bench.sizes
    const large = { bytes: largeBytes, digest: bench.trees.digestOf('warm') }
    const huge = { bytes: hugeBytes, digest: bench.trees.digestOf('huge') }
    const onReplica = 'on the replica only'
    const series = [
      ...(await measureReads(bench, { where: 'on both', path: warmPath, ...large })),
      ...(await measureReads(bench, { where: onReplica, path: lonelyWarmPath, ...large })),
      ...(await measureReads(bench, { where: 'on both', path: hugePath, ...huge })),
      ...(await measureReads(bench, { where: onReplica, path: lonelyHugePath, ...huge })),
      ...(await measureIdle(bench)),
    ]
    return { title: 'resident memory at its peak', series, comparisons: [] }
  },
}

/** Fresh servers for each case, which serve all of its rounds; a fresh client each round. */
async function measureReads(bench: Bench, { where, path, bytes, digest }: Case): Promise<Series[]> {
  const cluster = await bench.startCluster()
  const rounds: Peaks[] = []
  for (let round = 0; round < bench.sizes.rounds; round++)
    rounds.push(await readOnce(bench, cluster, path, digest))
  await cluster.end()
  const name = `${bytes / 2 ** 20} MiB ${where}`
  return (['coordinator', 'replica', 'client'] as const).map(program => ({
    name: `${name}: ${program}`,
    unit: 'MiB',
    values: rounds.map(peaks => peaks[program]),
    goal: atMost(150),
  }))
}

async function readOnce(bench: Bench, cluster: Cluster, path: string, digest: Digest): Promise<Peaks> {
  const { dist, children } = bench
  const pids = { coordinator: cluster.coordinator.pid!, replica: cluster.replica.pid! }
  forgetPeak(pids.coordinator)
  forgetPeak(pids.replica)
  let clientPeak = (): number => 0
  await timeClient(children, { dist, port: cluster.port, path, digest }, pid => {
    clientPeak = watchPeak(pid)
  })
  return {
    coordinator: residentMiB(pids.coordinator)!.peak,
    replica: residentMiB(pids.replica)!.peak,
    client: clientPeak(),
  }
}

/** Node raises its own limit of open files as far as the system lets it. */
function openFilesMax(): number {
  return Number(
    /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ??
      Number.POSITIVE_INFINITY,
  )
}

async function measureIdle(bench: Bench): Promise<Series[]> {
  const connections = Math.min(bench.sizes.idleConnections, openFilesMax() - otherFiles)
  const cluster = await bench.startCluster()
  const pid = cluster.coordinator.pid!
  const before = residentMiB(pid)!.now
  const loader = bench.startLoader()
  await loader.ask({ is: 'idle', port: cluster.port, connections })
  await new Promise(resolve => setTimeout(resolve, settleMs))
  const { now, peak } = residentMiB(pid)!
  await loader.end()
  await cluster.end()
  const name = `${connections.toLocaleString('en-US')} idle connections: coordinator`
  return [
    { name, unit: 'MiB', values: [peak], goal: atMost(150) },
    { name: `${name}, growth`, unit: 'MiB', values: [now - before], goal: atMost(120) },
  ]
}

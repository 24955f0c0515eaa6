/** S6: how long a replica needs for what it missed, from its start on, beside rsync of the same. */
import { join } from 'node:path'
import { timePut, timeRsync } from '../client-put.ts'
import type { Cluster } from '../cluster.ts'
import { makeFiles, manyBytes } from '../contents.ts'
import { type Measured, measureInTurn } from '../figures.ts'
import type { Loader } from '../loader.ts'
import type { Series } from '../report.ts'
import type { Bench, Row } from '../row.ts'
import { warmPath } from '../trees.ts'
import { isInstalled } from '../web-server.ts'

type Name = 'files' | 'large' | 'rsyncFiles' | 'rsyncLarge'

export const catchUp: Row = {
  name: 'S6',
  needs: ['warm'],
  isWarm: false,
  async measure(bench) {
    const { rounds, missedFiles, largeBytes } = bench.sizes
    const values = await measureInTurn(rounds, await allMeasured(bench))
    const many = `${missedFiles.toLocaleString('en-US')} × 4 KiB`
    const large = `${largeBytes / 2 ** 20} MiB`
    const series = (name: Name, title: string): Series => ({
      name: title,
      unit: 'ms',
      values: values[name] ?? 'not measured: not installed (Debian package rsync)',
    })
    const files = series('files', `concur, ${many}`)
    const rsyncFiles = series('rsyncFiles', `rsync --fsync, ${many}`)
    const one = series('large', `concur, ${large}`)
    const rsyncOne = series('rsyncLarge', `rsync --fsync, ${large}`)
    const syncthing: Series = {
      name: `syncthing, ${many}`,
      unit: 'ms',
      values: 'not measured: this bench does not pair two of them',
    }
    return {
      title: 'a replica catches up, from its start until all is settled, durable, one disk',
      series: [files, rsyncFiles, syncthing, one, rsyncOne],
      comparisons: [
        { ours: files, beside: rsyncFiles, goal: { is: 'at most', value: 0.4 } },
        { ours: files, beside: syncthing, goal: { is: 'at most', value: 0.15 } },
        { ours: one, beside: rsyncOne, goal: { is: 'at most', value: 1.2 } },
      ],
      notes: ['ours begins with the start of the replica, and has the pause until it is dialled again'],
    }
  },
}

async function allMeasured(bench: Bench): Promise<Measured<Name>[]> {
  const { children, dist, folder, sizes, trees } = bench
  const file = join(trees.roots[0], warmPath)
  const cluster = await bench.startCluster()
  const { port } = cluster
  const loader = bench.startLoader()
  const files = async (round: number): Promise<number> => {
    const path = `missed/files-${round}`
    await cluster.endReplica()
    const change = { is: 'create', path, bytes: manyBytes, nodes: 1 } as const
    await loader.ask({ is: 'changes', port, change, count: sizes.missedFiles, outstanding: 64 })
    return timeReturn(cluster, loader, path)
  }
  const large = async (round: number): Promise<number> => {
    const path = `missed/large-${round}.bin`
    await cluster.endReplica()
    await timePut(children, { dist, port, file, path, nodes: 1 })
    return timeReturn(cluster, loader, path)
  }
  const ours: Measured<Name>[] = [
    { name: 'files', measure: files },
    { name: 'large', measure: large },
  ]
  if (!isInstalled('rsync')) return ours
  const source = makeFiles(join(folder, 'missed'), sizes.missedFiles)
  const target = join(folder, 'copies')
  return [
    ...ours,
    { name: 'rsyncFiles', measure: () => timeRsync(children, `${source}/`, join(target, 'missed')) },
    { name: 'rsyncLarge', measure: () => timeRsync(children, file, join(target, 'missed.bin')) },
  ]
}

async function timeReturn(cluster: Cluster, loader: Loader, path: string): Promise<number> {
  const startedMs = performance.now()
  await cluster.restartReplica()
  await loader.ask({ is: 'wait', port: cluster.port, path })
  return performance.now() - startedMs
}

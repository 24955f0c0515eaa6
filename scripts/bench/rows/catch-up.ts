/** S6: how long a replica needs for what it missed, from its start on, beside rsync and syncthing. */
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { timePut, timeRsync } from '../client-put.ts'
import type { Cluster } from '../cluster.ts'
import { makeFiles, manyBytes } from '../contents.ts'
import { type Measured, measureInTurn } from '../figures.ts'
import type { Loader } from '../loader.ts'
import type { Series } from '../report.ts'
import type { Bench, Row } from '../row.ts'
import { SyncthingPair } from '../syncthing.ts'
import { warmPath } from '../trees.ts'
import { isInstalled } from '../web-server.ts'

type Name = 'files' | 'large' | 'rsyncFiles' | 'rsyncLarge' | 'syncthingFiles' | 'syncthingLarge'

export const catchUp: Row = {
  name: 'S6',
  needs: ['warm'],
  isWarm: false,
  async measure(bench) {
    const { rounds, missedFiles, largeBytes } = bench.sizes
    const values = await measureInTurn(rounds, await allMeasured(bench))
    const many = `${missedFiles.toLocaleString('en-US')} × 4 KiB`
    const large = `${largeBytes / 2 ** 20} MiB`
    const series = (name: Name, title: string, debianPackage = ''): Series => ({
      name: title,
      unit: 'ms',
      values: values[name] ?? `not measured: not installed (Debian package ${debianPackage})`,
    })
    const files = series('files', `concur, ${many}`)
    const rsyncFiles = series('rsyncFiles', `rsync --fsync, ${many}`, 'rsync')
    const syncthingFiles = series('syncthingFiles', `syncthing, ${many}`, 'syncthing')
    const one = series('large', `concur, ${large}`)
    const rsyncOne = series('rsyncLarge', `rsync --fsync, ${large}`, 'rsync')
    const syncthingOne = series('syncthingLarge', `syncthing, ${large}`, 'syncthing')
    return {
      title: 'a replica catches up, from its start until all is settled, durable, one disk',
      series: [files, rsyncFiles, syncthingFiles, one, rsyncOne, syncthingOne],
      comparisons: [
        { ours: files, beside: rsyncFiles, goal: { is: 'at most', value: 0.4 } },
        { ours: files, beside: syncthingFiles, goal: { is: 'at most', value: 0.15 } },
        { ours: one, beside: rsyncOne, goal: { is: 'at most', value: 1.2 } },
        { ours: one, beside: syncthingOne, goal: null },
      ],
      notes: [
        'ours begins with the start of the replica, and has the pause until it is dialled again',
        'syncthing begins with the start of the second one, and flushes what it fetched, as it does by default',
      ],
    }
  },
}

async function allMeasured(bench: Bench): Promise<Measured<Name>[]> {
  const { children, dist, sizes, trees } = bench
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
  return [...ours, ...rsyncMeasured(bench), ...(await syncthingMeasured(bench))]
}

function rsyncMeasured({ children, folder, sizes, trees }: Bench): Measured<Name>[] {
  if (!isInstalled('rsync')) return []
  const file = join(trees.roots[0], warmPath)
  const source = makeFiles(join(folder, 'missed'), sizes.missedFiles)
  const target = join(folder, 'copies')
  return [
    { name: 'rsyncFiles', measure: () => timeRsync(children, `${source}/`, join(target, 'missed')) },
    { name: 'rsyncLarge', measure: () => timeRsync(children, file, join(target, 'missed.bin')) },
  ]
}

async function syncthingMeasured({ children, folder, sizes, trees }: Bench): Promise<Measured<Name>[]> {
  if (!isInstalled('syncthing')) return []
  const file = join(trees.roots[0], warmPath)
  const pair = await SyncthingPair.start(children, join(folder, 'syncthing'))
  const makeLarge = (missed: string): void => {
    mkdirSync(missed)
    copyFileSync(file, join(missed, 'large.bin'))
  }
  return [
    {
      name: 'syncthingFiles',
      measure: () => pair.timeReturn(missed => makeFiles(missed, sizes.missedFiles)),
    },
    { name: 'syncthingLarge', measure: () => pair.timeReturn(makeLarge) },
  ]
}

async function timeReturn(cluster: Cluster, loader: Loader, path: string): Promise<number> {
  const startedMs = performance.now()
  await cluster.restartReplica()
  await loader.ask({ is: 'wait', port: cluster.port, path })
  return performance.now() - startedMs
}

/** S5: the upload of a large file to two copies, beside rsync of one copy and beside the bare copy. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { timeDd, timePut, timeRsync } from '../client-put.ts'
import { type Measured, measureInTurn } from '../figures.ts'
import type { Series } from '../report.ts'
import type { Bench, Row } from '../row.ts'
import { warmPath } from '../trees.ts'
import { isInstalled } from '../web-server.ts'

type Name = 'concur' | 'rsync' | 'dd'

export const upload: Row = {
  name: 'S5',
  needs: ['warm'],
  isWarm: false,
  async measure(bench) {
    const values = await measureInTurn(bench.sizes.rounds, await allMeasured(bench))
    const series = (name: Name, title: string): Series => ({
      name: title,
      unit: 'ms',
      values: values[name] ?? 'not measured: not installed (Debian package rsync)',
    })
    const ours = series('concur', 'concur put, two copies')
    const rsync = series('rsync', 'rsync --fsync, one copy')
    const dd = series('dd', 'bare: dd conv=fsync, one copy')
    const glusterFs: Series = {
      name: 'GlusterFS replica 2',
      unit: 'ms',
      values: 'not measured: this bench does not set up its volumes',
    }
    return {
      title: `upload of ${bench.sizes.largeBytes / 2 ** 20} MiB, flushed, acknowledged by both nodes, one disk`,
      series: [ours, rsync, dd, glusterFs],
      comparisons: [
        { ours, beside: rsync, goal: { is: 'at most', value: 1.2 } },
        { ours, beside: dd, goal: null },
        { ours, beside: glusterFs, goal: { is: 'at most', value: 0.25 } },
      ],
    }
  },
}

async function allMeasured(bench: Bench): Promise<Measured<Name>[]> {
  const { children, dist, folder, trees } = bench
  const { port } = await bench.startCluster()
  const file = join(trees.roots[0], warmPath)
  const put = async (round: number): Promise<number> => {
    const path = `uploads/${round}.bin`
    const ms = await timePut(children, { dist, port, file, path, nodes: 2 })
    // Behind the servers' backs: what they delete themselves they keep in their history.
    for (const root of trees.roots) rmSync(join(root, path))
    return ms
  }
  const measured: Measured<Name>[] = [
    { name: 'concur', measure: put },
    { name: 'dd', measure: () => timeDd(children, file, join(folder, 'copies', 'dd.bin')) },
  ]
  if (!isInstalled('rsync')) return measured
  const rsync = (): Promise<number> => timeRsync(children, file, join(folder, 'copies', 'rsync.bin'))
  return [...measured, { name: 'rsync', measure: rsync }]
}

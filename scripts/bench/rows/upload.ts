/** S5: the upload of a large file to two copies, beside GlusterFS, rsync of one copy and the bare copy. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { timeDd, timePut, timeRsync } from '../client-put.ts'
import { type Measured, measureInTurn } from '../figures.ts'
import type { GlusterFs } from '../glusterfs.ts'
import type { Series } from '../report.ts'
import type { Bench, Row } from '../row.ts'
import { warmPath } from '../trees.ts'
import { isInstalled } from '../web-server.ts'

type Name = 'concur' | 'rsync' | 'dd' | 'glusterFs'

export const upload: Row = {
  name: 'S5',
  needs: ['warm'],
  isWarm: false,
  async measure(bench) {
    const mounted = await bench.glusterFs()
    const values = await measureInTurn(bench.sizes.rounds, await allMeasured(bench, mounted))
    const series = (name: Name, title: string, missing = ''): Series => ({
      name: title,
      unit: 'ms',
      values: values[name] ?? `not measured: ${missing}`,
    })
    const ours = series('concur', 'concur put, two copies')
    const rsync = series('rsync', 'rsync --fsync, one copy', 'not installed (Debian package rsync)')
    const dd = series('dd', 'bare: dd conv=fsync, one copy')
    const missing = 'missing' in mounted ? mounted.missing : ''
    const glusterFs = series('glusterFs', 'GlusterFS replica 2, dd', missing)
    return {
      title: `upload of ${bench.sizes.largeBytes / 2 ** 20} MiB, flushed, acknowledged by both nodes, one disk`,
      series: [ours, rsync, dd, glusterFs],
      comparisons: [
        { ours, beside: rsync, goal: { is: 'at most', value: 1.2 } },
        { ours, beside: dd, goal: null },
        { ours, beside: glusterFs, goal: { is: 'at most', value: 0.25 } },
      ],
      notes: ['GlusterFS: dd conv=fsync through its mount, two bricks'],
    }
  },
}

async function allMeasured(bench: Bench, glusterFs: GlusterFs): Promise<Measured<Name>[]> {
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
  if (isInstalled('rsync')) {
    const rsync = (): Promise<number> => timeRsync(children, file, join(folder, 'copies', 'rsync.bin'))
    measured.push({ name: 'rsync', measure: rsync })
  }
  if ('missing' in glusterFs) return measured
  const toBoth = join(glusterFs.folder, 'dd.bin')
  return [...measured, { name: 'glusterFs', measure: () => timeDd(children, file, toBoth) }]
}

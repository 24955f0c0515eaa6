/** S8: what an append of 1 KiB costs at the end of a large file, beside the same at the end of an empty one. */
import { join } from 'node:path'
import { timePut } from '../client-put.ts'
import { measureInTurn } from '../figures.ts'
import type { Series } from '../report.ts'
import type { Row } from '../row.ts'
import { warmPath } from '../trees.ts'

/** The load puts the number of the file behind what it is told. */
const largePath = 'appended/large'
const emptyPath = 'appended/empty'

export const appendLarge: Row = {
  name: 'S8',
  needs: ['warm'],
  isWarm: false,
  async measure(bench) {
    const { children, dist, sizes, trees } = bench
    const { port } = await bench.startCluster()
    const file = join(trees.roots[0], warmPath)
    await timePut(children, { dist, port, file, path: `${largePath}-0`, nodes: 2 })
    const loader = bench.startLoader()
    const latency = (path: string) => async (round: number) => {
      const forMs = round === 0 ? sizes.warmUpMs : sizes.rateMs
      const change = { is: 'append', path, bytes: 1024, nodes: 2 } as const
      const ask = { is: 'rate', of: 'change', port, change, connections: 1, outstanding: 1, forMs } as const
      return 1_000 / (await loader.ask(ask))
    }
    const values = await measureInTurn(sizes.rounds, [
      { name: 'large', measure: latency(largePath) },
      { name: 'empty', measure: round => latency(`${emptyPath}-${round}`)(round) },
    ])
    const size = `${sizes.largeBytes / 2 ** 20} MiB`
    const ours: Series = { name: `concur, at the end of ${size}`, unit: 'ms', values: values.large }
    const beside: Series = { name: 'concur, at the end of an empty file', unit: 'ms', values: values.empty }
    return {
      title: 'append of 1 KiB, durable on two nodes, one after the other',
      series: [ours, beside],
      comparisons: [{ ours, beside, goal: { is: 'at most', value: 2 } }],
    }
  },
}

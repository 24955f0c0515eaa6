/** S10: how long the client takes for a small file, beside a Node that does nothing. */
import { digestOf } from '../../../protocol/digest.ts'
import { timeClient } from '../client-read.ts'
import { smallContent, smallPath } from '../contents.ts'
import { measureInTurn } from '../figures.ts'
import type { Series } from '../report.ts'
import type { Row } from '../row.ts'
import { timeProgram } from '../time-program.ts'

export const startUp: Row = {
  name: 'S10',
  needs: [],
  isWarm: false,
  async measure(bench) {
    const { children, dist, sizes } = bench
    const { port } = await bench.startCluster()
    const { digest } = digestOf(smallContent(0))
    const emptyProgram = async (): Promise<number> =>
      (await timeProgram(children, [process.execPath, '-e', '0'])).ms
    const values = await measureInTurn(sizes.startRounds, [
      { name: 'client', measure: () => timeClient(children, { dist, port, path: smallPath(0), digest }) },
      { name: 'empty', measure: emptyProgram },
    ])
    const ours: Series = { name: 'concur get of 1 KiB', unit: 'ms', values: values.client }
    const beside: Series = { name: 'node -e 0', unit: 'ms', values: values.empty }
    return {
      title: 'start to end of the client, a small file',
      series: [ours, beside],
      comparisons: [{ ours, beside, goal: { is: 'at most', value: 1.5 } }],
    }
  },
}

/** S3: the verified read of a large file through the client, beside curl from a web server. */
import { timeClient, timeCurl } from '../client-read.ts'
import { type Goal, type Measured, measureInTurn } from '../figures.ts'
import type { Comparison, Series } from '../report.ts'
import type { Bench, Row } from '../row.ts'
import { warmPath } from '../trees.ts'
import { isInstalled } from '../web-server.ts'

type Name = 'warm' | 'cold' | 'nginx' | 'tuned'

const longNames: Record<Name, string> = {
  warm: 'concur, digests warm',
  cold: 'concur, digests cold',
  nginx: 'curl from nginx as installed',
  tuned: 'curl from nginx tuned',
}

const atLeast = (value: number): Goal => ({ is: 'at least', value })
const goals: readonly [Name, Name, Goal | null][] = [
  ['warm', 'nginx', atLeast(1.3)],
  ['warm', 'tuned', atLeast(0.9)],
  ['cold', 'nginx', atLeast(0.8)],
]

export const largeRead: Row = {
  name: 'S3',
  needs: ['warm', 'cold'],
  isWarm: true,
  async measure(bench) {
    const { sizes } = bench
    const values = await measureInTurn(sizes.rounds, await allMeasured(bench))
    const series = (Object.keys(longNames) as Name[]).map(name =>
      seriesOf(name, values[name], sizes.largeBytes),
    )
    const named = (name: Name): Series => series.find(one => one.name === longNames[name])!
    return {
      title: `verified read of ${sizes.largeBytes / 2 ** 20} MiB, two copies, received and checked, to /dev/null`,
      series,
      comparisons: goals.map(
        ([ours, beside, goal]): Comparison => ({ ours: named(ours), beside: named(beside), goal }),
      ),
    }
  },
}

function seriesOf(name: Name, times: readonly number[] | undefined, bytes: number): Series {
  const missing = 'nginx or curl is not installed (Debian packages nginx-light, curl)'
  const values = times?.map(ms => bytes / 2 ** 30 / (ms / 1000)) ?? missing
  return { name: longNames[name], unit: 'GiB/s', values }
}

async function allMeasured(bench: Bench): Promise<Measured<Name>[]> {
  const { trees, dist, children, sizes } = bench
  const { port } = await bench.startCluster()
  const read = (path: string, file: 'warm' | 'cold'): Promise<number> =>
    timeClient(children, { dist, port, path, digest: trees.digestOf(file) })
  const ours: Measured<Name>[] = [
    { name: 'warm', measure: () => read(warmPath, 'warm') },
    { name: 'cold', measure: () => read(trees.freshCold(), 'cold') },
  ]
  const webPort = isInstalled('curl') ? await bench.webServer() : null
  if (webPort === null) return ours
  const curl = (folder: string): Promise<number> =>
    timeCurl(children, `http://127.0.0.1:${webPort}${folder}/${warmPath}`, sizes.largeBytes)
  return [
    ...ours,
    { name: 'nginx', measure: () => curl('') },
    { name: 'tuned', measure: () => curl('/tuned') },
  ]
}

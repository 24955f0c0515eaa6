/** S1 and S2: verified small reads, beside the bare echo over two hops, a web server and etcd. */
import type { Goal, Measured } from '../figures.ts'
import { measureInTurn } from '../figures.ts'
import type { RateOf } from '../questions.ts'
import type { Comparison, RowReport, Series } from '../report.ts'
import type { Bench, Row } from '../row.ts'

interface Load {
  readonly connections: number
  readonly outstanding: number
}

type Name = 'concur' | 'echo' | 'nginx' | 'etcd'

const longNames: Record<Name, string> = {
  concur: 'concur, verified',
  echo: 'bare two-hop echo',
  nginx: 'nginx, one copy, nothing compared',
  etcd: 'etcd linearizable get, one node',
}

const packages: Partial<Record<Name, string>> = { nginx: 'nginx-light', etcd: 'etcd-server' }

const atLeast = (value: number): Goal => ({ is: 'at least', value })

export const oneConnection: Row = {
  name: 'S1',
  needs: [],
  isWarm: true,
  async measure(bench) {
    const load = { connections: 1, outstanding: 64 }
    const series = await measure(bench, load, ['concur', 'echo', 'etcd'])
    return report('1 connection × 64 outstanding', series, [
      ['echo', atLeast(0.6)],
      ['etcd', atLeast(10)],
    ])
  },
}

export const manyConnections: Row = {
  name: 'S2',
  needs: [],
  isWarm: true,
  async measure(bench) {
    const load = { connections: 64, outstanding: 1 }
    const series = await measure(bench, load, ['concur', 'nginx', 'echo'])
    return report('64 connections × 1 outstanding', series, [
      ['nginx', atLeast(1)],
      ['echo', null],
    ])
  },
}

async function measure(bench: Bench, load: Load, names: readonly Name[]): Promise<Map<Name, Series>> {
  const measured: Measured<Name>[] = []
  for (const name of names) {
    const port = await portOf(bench, name)
    if (port === null) continue
    const loader = bench.startLoader()
    const { rateMs, warmUpMs } = bench.sizes
    const measure = (round: number): Promise<number> =>
      loader.ask({ is: 'rate', ...asked(name, port), ...load, forMs: round === 0 ? warmUpMs : rateMs })
    measured.push({ name, measure })
  }
  const values = await measureInTurn(bench.sizes.rounds, measured)
  const seriesOf = (name: Name): Series => {
    return {
      name: longNames[name],
      unit: 'reads/s',
      values: values[name] ?? `not installed (Debian package ${packages[name]})`,
    }
  }
  return new Map(names.map(name => [name, seriesOf(name)]))
}

function asked(name: Name, port: number): RateOf {
  switch (name) {
    case 'nginx':
      return { of: 'http', port }
    case 'etcd':
      return { of: 'etcd', port, call: 'get' }
    default:
      return { of: name, port }
  }
}

async function portOf(bench: Bench, name: Name): Promise<number | null> {
  switch (name) {
    case 'concur':
      return (await bench.startCluster()).port
    case 'echo':
      return bench.startEcho()
    case 'nginx':
      return bench.webServer()
    case 'etcd':
      return bench.etcd()
  }
}

function report(load: string, series: Map<Name, Series>, beside: readonly [Name, Goal | null][]): RowReport {
  const ours = series.get('concur')!
  const comparisons = beside.map(([name, goal]): Comparison => ({ ours, beside: series.get(name)!, goal }))
  return {
    title: `verified reads of 1 KiB from 1,000 files, two copies, digests warm, ${load}`,
    series: [...series.values()],
    comparisons,
  }
}

/** What small reads feel of large work: of a body on the same connection, and of hashing on both nodes. */
import type { Beside, Latency } from '../questions.ts'
import type { RowReport, Series } from '../report.ts'
import type { Bench, Row } from '../row.ts'
import { hugePath, warmPath } from '../trees.ts'

const goal = { is: 'at most', value: 20 } as const

export const stall: Row = {
  name: 'stall',
  needs: ['warm'],
  isWarm: true,
  measure(bench) {
    const { largeBytes, latencyMs } = bench.sizes
    const busy = `while ${largeBytes / 2 ** 20} MiB pass on it and another stream is never read`
    return measure(
      bench,
      { is: 'body', path: warmPath, forMs: latencyMs / 2 },
      `a read of 1 KiB on one connection ${busy}`,
    )
  },
}

export const hashing: Row = {
  name: 'hashing',
  needs: ['huge'],
  isWarm: false,
  measure(bench) {
    const size = `${bench.sizes.hugeBytes / 2 ** 20} MiB`
    return measure(bench, { is: 'hashing', path: hugePath }, `a read of 1 KiB while both nodes hash ${size}`)
  },
}

async function measure(bench: Bench, beside: Beside, title: string): Promise<RowReport> {
  const { port } = await bench.startCluster()
  const loader = bench.startLoader()
  const ask = (what: Beside): Promise<Latency> => loader.ask({ is: 'latency', port, beside: what })
  const nothing: Beside = { is: 'nothing', forMs: bench.sizes.latencyMs }
  await ask(nothing)
  await ask(beside)
  const quiet: Latency[] = []
  const busy: Latency[] = []
  for (let round = 0; round < bench.sizes.rounds; round++) {
    quiet.push(await ask(nothing))
    busy.push(await ask(beside))
  }
  const reads = busy.reduce((sum, latency) => sum + latency.reads, 0)
  return {
    title,
    series: [...seriesOf('busy', busy), ...seriesOf('nothing else', quiet)],
    comparisons: [],
    notes: [`${reads} reads while busy, in ${bench.sizes.rounds} rounds; one after the other`],
  }
}

function seriesOf(when: string, latencies: readonly Latency[]): Series[] {
  return [
    { name: `${when}: half below`, unit: 'ms', values: latencies.map(({ p50Ms }) => p50Ms) },
    {
      name: `${when}: 99 of 100 below`,
      unit: 'ms',
      values: latencies.map(({ p99Ms }) => p99Ms),
      ...(when === 'busy' ? { goal } : {}),
    },
    { name: `${when}: the longest`, unit: 'ms', values: latencies.map(({ maxMs }) => maxMs) },
  ]
}

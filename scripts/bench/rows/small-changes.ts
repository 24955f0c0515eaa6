/** S4: durable small changes on two nodes, beside etcd and beside the bare limits of the machine. */
import { type Goal, type Measured, measureInTurn } from '../figures.ts'
import type { Loader } from '../loader.ts'
import type { RateQuestion } from '../questions.ts'
import type { Comparison, Series } from '../report.ts'
import type { Bench, Row } from '../row.ts'

type Name = 'appends' | 'files' | 'alone' | 'etcd' | 'etcdAlone' | 'journal' | 'journalAlone' | 'each'

const longNames: Record<Name, string> = {
  appends: 'concur, appends',
  files: 'concur, new files',
  alone: 'concur, one at a time',
  etcd: 'etcd put, one node',
  etcdAlone: 'etcd put, one at a time',
  journal: 'bare new files, journal',
  journalAlone: 'bare journal, one at a time',
  each: 'bare new files, fsyncs each',
}

const atLeast = (value: number): Goal => ({ is: 'at least', value })
const goals: readonly [Name, Name, Goal | null][] = [
  ['appends', 'etcd', atLeast(1)],
  ['files', 'journal', atLeast(0.7)],
  ['files', 'each', atLeast(2)],
  // A latency of at most 1.5 times another is a rate of at least two thirds of it.
  ['alone', 'journalAlone', atLeast(0.67)],
  ['alone', 'etcdAlone', null],
]

const outstanding = 64
const bytes = 1024

export const smallChanges: Row = {
  name: 'S4',
  needs: [],
  isWarm: false,
  async measure(bench) {
    const values = await measureInTurn(bench.sizes.rounds, await allMeasured(bench))
    const series = (Object.keys(longNames) as Name[]).map(
      (name): Series => ({
        name: longNames[name],
        unit: 'changes/s',
        values: values[name] ?? 'not measured: not installed (Debian package etcd-server)',
      }),
    )
    const glusterFs: Series = {
      name: 'GlusterFS replica 2',
      unit: 'changes/s',
      values: 'not measured: this bench does not set up its volumes',
    }
    const named = (name: Name): Series => series.find(one => one.name === longNames[name])!
    const comparisons = goals.map(
      ([ours, beside, goal]): Comparison => ({ ours: named(ours), beside: named(beside), goal }),
    )
    return {
      title: `durable changes of 1 KiB, two nodes, ${outstanding} outstanding unless said, one disk`,
      series: [...series, glusterFs],
      comparisons: [...comparisons, { ours: named('files'), beside: glusterFs, goal: atLeast(10) }],
      notes: ['bare: no order, no conditions, no digests; etcd is asked by Node over one HTTP/2 connection'],
    }
  },
}

async function allMeasured(bench: Bench): Promise<Measured<Name>[]> {
  const { port } = await bench.startCluster()
  const loader = bench.startLoader()
  const measured = (name: Name, ask: (round: number) => Asked): Measured<Name> => ({
    name,
    measure: round => askRate(bench, loader, round, ask(round)),
  })
  const change = (is: 'append' | 'create', name: string) => (round: number) =>
    ({ of: 'change', port, change: { is, path: `changes/${name}-${round}`, bytes, nodes: 2 } }) as const
  const journal = { of: 'bareStore', port: await bench.startBareStore('journal') } as const
  const each = { of: 'bareStore', port: await bench.startBareStore('each') } as const
  const alone = { outstanding: 1 }
  const ours = [
    measured('appends', change('append', 'appends')),
    measured('files', change('create', 'files')),
    measured('alone', round => ({ ...change('create', 'alone')(round), ...alone })),
    measured('journal', () => journal),
    measured('journalAlone', () => ({ ...journal, ...alone })),
    measured('each', () => each),
  ]
  const etcdPort = await bench.etcd()
  if (etcdPort === null) return ours
  const etcd = { of: 'etcd', port: etcdPort } as const
  return [...ours, measured('etcd', () => etcd), measured('etcdAlone', () => ({ ...etcd, ...alone }))]
}

type Asked = Pick<RateQuestion, 'of' | 'port' | 'change'> & { readonly outstanding?: number }

function askRate({ sizes }: Bench, loader: Loader, round: number, asked: Asked): Promise<number> {
  const forMs = round === 0 ? sizes.warmUpMs : sizes.rateMs
  return loader.ask({ is: 'rate', connections: 1, outstanding, ...asked, forMs })
}

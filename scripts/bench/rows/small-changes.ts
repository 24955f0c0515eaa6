/** S4: durable small changes on two nodes, beside etcd, GlusterFS and the bare limits of the machine. */
import { join } from 'node:path'
import { type Goal, type Measured, measureInTurn } from '../figures.ts'
import type { GlusterFs } from '../glusterfs.ts'
import type { Loader } from '../loader.ts'
import type { RateOf } from '../questions.ts'
import type { Comparison, Series } from '../report.ts'
import type { Bench, Row } from '../row.ts'

type Name =
  | 'appends'
  | 'files'
  | 'alone'
  | 'etcd'
  | 'etcdAlone'
  | 'journal'
  | 'journalAlone'
  | 'each'
  | 'glusterFs'

const longNames: Record<Name, string> = {
  appends: 'concur, appends',
  files: 'concur, new files',
  alone: 'concur, one at a time',
  etcd: 'etcd put, one node',
  etcdAlone: 'etcd put, one at a time',
  journal: 'bare new files, journal',
  journalAlone: 'bare journal, one at a time',
  each: 'bare new files, fsyncs each',
  glusterFs: 'GlusterFS replica 2, new files',
}

const atLeast = (value: number): Goal => ({ is: 'at least', value })
const goals: readonly [Name, Name, Goal | null][] = [
  ['appends', 'etcd', atLeast(1)],
  ['files', 'journal', atLeast(0.7)],
  ['files', 'each', atLeast(2)],
  ['files', 'glusterFs', atLeast(10)],
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
    const glusterFs = await bench.glusterFs()
    const values = await measureInTurn(bench.sizes.rounds, await allMeasured(bench, glusterFs))
    const missing = (name: Name): string =>
      name === 'glusterFs' && 'missing' in glusterFs
        ? glusterFs.missing
        : 'not installed (Debian package etcd-server)'
    const series = (Object.keys(longNames) as Name[]).map(
      (name): Series => ({
        name: longNames[name],
        unit: 'changes/s',
        values: values[name] ?? `not measured: ${missing(name)}`,
      }),
    )
    const named = (name: Name): Series => series.find(one => one.name === longNames[name])!
    const comparisons = goals.map(
      ([ours, beside, goal]): Comparison => ({ ours: named(ours), beside: named(beside), goal }),
    )
    return {
      title: `durable changes of 1 KiB, two nodes, ${outstanding} outstanding unless said, one disk`,
      series,
      comparisons,
      notes: [
        'bare: no order, no conditions, no digests; etcd is asked by Node over one HTTP/2 connection',
        'GlusterFS: created, written and flushed through its mount, two bricks; the folders are not flushed',
      ],
    }
  },
}

async function allMeasured(bench: Bench, glusterFs: GlusterFs): Promise<Measured<Name>[]> {
  const { port } = await bench.startCluster()
  const loader = bench.startLoader()
  const measured = (name: Name, ask: (round: number) => Asked, from = loader): Measured<Name> => ({
    name,
    measure: round => askRate(bench, from, round, ask(round)),
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
  if (etcdPort !== null) {
    const etcd = { of: 'etcd', port: etcdPort, call: 'put' } as const
    ours.push(
      measured('etcd', () => etcd),
      measured('etcdAlone', () => ({ ...etcd, ...alone })),
    )
  }
  if ('missing' in glusterFs) return ours
  const files = (round: number): Asked => ({ of: 'folder', folder: join(glusterFs.folder, `files-${round}`) })
  return [...ours, measured('glusterFs', files, bench.startLoader(outstanding))]
}

type Asked = RateOf & { readonly outstanding?: number }

function askRate({ sizes }: Bench, loader: Loader, round: number, asked: Asked): Promise<number> {
  const forMs = round === 0 ? sizes.warmUpMs : sizes.rateMs
  return loader.ask({ is: 'rate', connections: 1, outstanding, ...asked, forMs })
}

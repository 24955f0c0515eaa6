/** S7: are two trees of many files equal? Beside rsync, which reads every byte of both. And what one difference costs. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clientCommand } from '../client-command.ts'
import { Cluster } from '../cluster.ts'
import { manyBytes, manyPath } from '../contents.ts'
import { CountedLine } from '../counted-line.ts'
import { type Measured, measureInTurn } from '../figures.ts'
import type { Series } from '../report.ts'
import type { Bench, Row } from '../row.ts'
import { timeProgram } from '../time-program.ts'
import { isInstalled } from '../web-server.ts'

type Name = 'equal' | 'differing' | 'rsync'

export const verify: Row = {
  name: 'S7',
  needs: ['equal'],
  isWarm: true,
  async measure(bench) {
    const line = new CountedLine()
    const cluster = await Cluster.start({
      ...bench,
      roots: bench.trees.equalRoots,
      line: port => line.to(port),
    })
    try {
      return report(bench, await measured(bench, cluster, line))
    } finally {
      await cluster.end()
      line.close()
    }
  },
}

interface Values extends Partial<Record<Name, number[]>> {
  readonly wire: number[]
}

async function measured(bench: Bench, cluster: Cluster, line: CountedLine): Promise<Values> {
  const { children, dist, sizes, trees } = bench
  const client = clientCommand({ dist, port: cluster.port })
  const timeVerify = async (status: number): Promise<number> =>
    (await timeProgram(children, [...client, 'verify'], { status })).ms
  const edited = join(trees.equalRoots[1], manyPath(sizes.equalFiles / 2))
  const content = (byte: string) => Buffer.alloc(manyBytes, byte)
  const wire: number[] = []
  const equal = async (round: number): Promise<number> => {
    const before = line.bytes
    const ms = await timeVerify(0)
    if (round > 0) wire.push((line.bytes - before) / 1024)
    return ms
  }
  const differing = async (round: number): Promise<number> => {
    writeFileSync(edited, content(`x${round}`))
    const ms = await timeVerify(1)
    writeFileSync(edited, content(String(sizes.equalFiles / 2)))
    return ms
  }
  const all: Measured<Name>[] = [
    { name: 'equal', measure: equal },
    { name: 'differing', measure: differing },
  ]
  if (isInstalled('rsync')) all.push({ name: 'rsync', measure: () => timeCompare(bench) })
  return { ...(await measureInTurn(sizes.rounds, all)), wire }
}

/** @returns milliseconds. @throws Error when rsync finds a difference. */
async function timeCompare({ children, trees }: Bench): Promise<number> {
  const [from, to] = trees.equalRoots
  const command = ['rsync', '-r', '-n', '-c', '-i', '--exclude=/.concur', `${from}/`, `${to}/`] as const
  const { ms, output } = await timeProgram(children, command)
  if (output !== '') throw new Error(`rsync finds differences: ${output.slice(0, 200)}`)
  return ms
}

function report({ sizes }: Bench, { equal, differing, rsync, wire }: Values) {
  const ours: Series = { name: 'concur verify', unit: 'ms', values: equal! }
  const beside: Series = {
    name: 'rsync -n -c',
    unit: 'ms',
    values: rsync ?? 'not measured: not installed (Debian package rsync)',
  }
  const more: Series = {
    name: 'one difference found, more',
    unit: 'ms',
    values: differing!.map((ms, round) => ms - equal![round]!),
    goal: { is: 'at most', value: 50 },
  }
  const between: Series = {
    name: 'between the nodes',
    unit: 'KiB',
    values: wire,
    goal: { is: 'at most', value: 100 },
  }
  return {
    title: `verify of ${sizes.equalFiles.toLocaleString('en-US')} equal files of 4 KiB, two copies, digests warm, one disk`,
    series: [ours, more, between, beside],
    comparisons: [{ ours, beside, goal: { is: 'at most', value: 0.2 } as const }],
    notes: ['ours begins with the start of the client; what heartbeats carry meanwhile counts as well'],
  }
}

/**
 * Servers under more than they are asked for in peace: many idle connections, slow lorises, readers that do not read, four
 * times what they can do. What must hold is printed as a figure beside its bound, and tried up to three times: the machine may
 * be busy with something else.
 *
 *     scripts/campaigns/run load [ROW…] [--full]
 *
 * Rows: idle, lorises, not-reading, overload, stopped-replica, slow-replica, small-memory. Without --full they take less of everything, as
 * in CI. Every server has a heap of 256 MiB at the most, and of 128 MiB in the last row.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BytesSource } from '../../client/sending/byte-source.ts'
import type { Connection } from '../../protocol/connection.ts'
import { parsePath } from '../../protocol/path.ts'
import { childEnvironment } from '../bench/children.ts'
import { smallContent, smallFiles, smallPath } from '../bench/contents.ts'
import { quantile } from '../bench/figures.ts'
import { connectTo, readSmall } from '../bench/load-concur.ts'
import { openIdle } from '../bench/load-idle.ts'
import { forgetPeak, residentMiB } from '../bench/resident.ts'
import { awaitRest, type Campaign, pause, runCampaign } from './campaign.ts'
import { SlowLine } from './slow-line.ts'
import { assertSameTrees } from './trees.ts'
import { Violation } from './violation.ts'
import { campaignName, newClient } from './worker.ts'

const { values, positionals } = parseArgs({
  options: { full: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const { full } = values

const dist = fileURLToPath(new URL('../../dist', import.meta.url))

const MiB = 2 ** 20
const triesMax = 3
/** Reached where nothing else runs. Judged is what a busy machine may make of it. */
const loopDelayMsGoal = 100
const loopDelayMsMax = 250
const coordinator = 'server1'
const replica = 'server2'
/** As Node takes for itself on a machine of 512 MiB. */
const usualHeap = '--max-old-space-size=256'
const smallHeap = '--max-old-space-size=128'

interface Figures {
  readonly [name: string]: string
}

type Row = (campaign: Campaign) => Promise<Figures>

const rows: Readonly<Record<string, Row>> = {
  idle,
  lorises,
  'not-reading': notReading,
  overload,
  'stopped-replica': stoppedReplica,
  'slow-replica': slowReplica,
  'small-memory': smallMemory,
}

await runCampaign(
  'load',
  2,
  async campaign => {
    const { nodes, say } = campaign
    for (const name of nodes.names) fill(nodes.root(name))
    nodes.toldToNode = [usualHeap]
    await restart(campaign, nodes.names)
    await awaitRest(newClient([nodes.address(coordinator)], campaignName))
    for (const name of positionals.length > 0 ? positionals : Object.keys(rows)) {
      const row = rows[name]
      if (row === undefined) throw new Error(`no row is called ${name}: ${Object.keys(rows).join(', ')}`)
      say(`${name}: ${await judged(campaign, row)}`)
    }
  },
  { coordinator: ['--log-level', 'warn'] },
)

/** The same small files on every node. */
function fill(root: string): void {
  for (let number = 0; number < smallFiles; number++) {
    const file = join(root, smallPath(number))
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, smallContent(number))
  }
}

/** A row that does not hold is tried again: the machine may have been busy. @throws Violation after the last try. */
async function judged(campaign: Campaign, row: Row): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      const figures = await row(campaign)
      const delay = `${within(await loopDelayMs(campaign), loopDelayMsMax, 'ms')}, goal ${loopDelayMsGoal}`
      return [...Object.entries(figures), ['event loop still for', delay]]
        .map(([name, figure]) => `${name} ${figure}`)
        .join(' · ')
    } catch (error) {
      if (tries === triesMax || !(error instanceof Violation)) throw error
      campaign.say(`tried again: ${error.message}`)
    }
  }
}

/** How long the coordinator's event loop stood still at the most since it was asked last. */
async function loopDelayMs({ nodes }: Campaign): Promise<number> {
  const file = nodes.loopDelayFile(coordinator)
  rmSync(file, { force: true })
  process.kill(nodes.pid(coordinator), 'SIGUSR2')
  for (let i = 0; i < 100 && !existsSync(file); i++) await pause(20)
  await pause(20)
  return Number(readFileSync(file, 'utf8'))
}

/** What loading takes keeps nobody waiting, and does not count. */
async function restart(campaign: Campaign, names: readonly string[]): Promise<void> {
  const { nodes } = campaign
  await nodes.kill(names)
  for (const name of [...names].reverse()) await nodes.start(name)
  await loopDelayMs(campaign)
}

function within(figure: number, bound: number, unit: string): string {
  const text = `${Math.round(figure * 10) / 10} ${unit} (at most ${bound})`
  if (figure > bound) throw new Violation(text)
  return text
}

function portOf({ nodes }: Campaign): number {
  return nodes.address(coordinator).port
}

/** @returns the 99th percentile of `count` busy connections that read small files for `ms`, and how many they read. */
async function busy(port: number, count: number, ms: number): Promise<{ p99Ms: number; reads: number }> {
  const connections = await Promise.all(Array.from({ length: count }, () => connectTo(port, () => {})))
  const latencies: number[] = []
  const endMs = performance.now() + ms
  const lane = async (connection: Connection, first: number): Promise<void> => {
    for (let number = first; performance.now() < endMs; number++) {
      const askedMs = performance.now()
      await new Promise<void>((resolve, reject) =>
        readSmall(connection, number, { onAnswer: resolve, onFailed: reject }),
      )
      latencies.push(performance.now() - askedMs)
    }
  }
  await Promise.all(connections.map((connection, place) => lane(connection, place * 7)))
  for (const connection of connections) connection.close('UNREACHABLE', 'done')
  return { p99Ms: quantile(Float64Array.from(latencies).sort(), 0.99), reads: latencies.length }
}

/** Thousands of connections that ask for nothing: none is refused, and who asks does not notice. */
async function idle(campaign: Campaign): Promise<Figures> {
  const count = full ? 10_000 : 1_000
  const port = portOf(campaign)
  const ms = full ? 5_000 : 1_500
  await busy(port, 20, ms)
  const alone = await busy(port, 20, ms)
  const pid = campaign.nodes.pid(coordinator)
  const before = residentMiB(pid)!.now
  const { connections } = await openIdle(port, count)
  const grown = residentMiB(pid)!.now - before
  const beside = await busy(port, 20, ms)
  for (const connection of connections) connection.close('UNREACHABLE', 'done')
  return {
    connections: `${count}`,
    p99: within(beside.p99Ms / alone.p99Ms, 2, 'times'),
    'memory for them': within(grown, full ? 120 : 40, 'MiB'),
  }
}

/** Connections that say nothing, or a byte now and then: closed at the deadline, while a good client is served. */
async function lorises(campaign: Campaign): Promise<Figures> {
  const count = full ? 5_000 : 500
  const port = portOf(campaign)
  const sockets: Socket[] = []
  let closed = 0
  const beganMs = performance.now()
  for (let i = 0; i < count; i++) {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    socket.on('close', () => closed++)
    socket.resume()
    sockets.push(socket)
    if (i % 100 === 99) await pause(5)
  }
  let step = 0
  const dripping = setInterval(() => {
    // A frame begins with 0x00; every second one never says a byte.
    for (let i = 0; i < sockets.length; i += 2) if (sockets[i]!.writable) sockets[i]!.write(Buffer.from([0]))
    step++
  }, 1_000)
  const served = await busy(port, 4, 3_000)
  while (closed < count && performance.now() - beganMs < 15_000) await pause(50)
  clearInterval(dripping)
  for (const socket of sockets) socket.destroy()
  if (closed < count) throw new Violation(`${count - closed} of ${count} were not closed`)
  const slowestS = (performance.now() - beganMs) / 1_000
  return {
    lorises: `${count}, fed ${step} times`,
    'all closed within': within(slowestS, 12, 's'),
    'reads meanwhile': `${served.reads}`,
  }
}

/** Readers of large files that take nothing: their bytes stay on the disk. */
async function notReading(campaign: Campaign): Promise<Figures> {
  const readers = full ? 200 : 60
  const { nodes } = campaign
  for (const name of nodes.names) {
    const file = join(nodes.root(name), 'large')
    if (!existsSync(file)) writeFileSync(file, Buffer.alloc(64 * MiB, 'large'))
  }
  const path = parsePath('large')
  const port = portOf(campaign)
  const warm = await connectTo(port, () => {})
  await verdictOf(warm, path)
  const pid = nodes.pid(coordinator)
  const before = residentMiB(pid)!.now
  forgetPeak(pid)
  const connections = await Promise.all(Array.from({ length: readers }, () => connectTo(port, () => {})))
  // No credit is given back: each stream stops at its first MiB.
  for (const connection of connections)
    connection.request(
      'READ',
      { path, deep: false, bodies: 'agreed', from: null, lastOp: false },
      { onMessage() {}, onFailed() {} },
    )
  await pause(2_000)
  const good = await busy(port, 4, 1_000)
  const peak = residentMiB(pid)!.peak
  for (const connection of [...connections, warm]) connection.close('UNREACHABLE', 'done')
  return {
    readers: `${readers} of 64 MiB`,
    'memory rise': within(peak - before, 100, 'MiB'),
    'reads meanwhile': `${good.reads}`,
  }
}

function verdictOf(connection: Connection, path: ReturnType<typeof parsePath>): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.request(
      'READ',
      { path, deep: false, bodies: 'none', from: null, lastOp: false },
      { onMessage: (_, fin) => fin && resolve(), onFailed: reject },
    )
  })
}

/** Four times as many as are needed to keep it busy: what it does stays what it can do, and it is itself again at once. */
async function overload(campaign: Campaign): Promise<Figures> {
  const port = portOf(campaign)
  const ms = full ? 6_000 : 2_000
  const enough = 16
  await busy(port, enough, ms)
  const capacity = (await busy(port, enough, ms)).reads
  const loaded = await flood(port, 4 * enough, 64, ms)
  const beganMs = performance.now()
  const calm = await busy(port, 1, 500)
  const share = loaded.done / capacity
  if (share < 0.8) throw new Violation(`${Math.round(share * 100)} % of capacity were served`)
  return {
    served: `${Math.round(share * 100)} % of capacity (at least 80)`,
    busy: `${loaded.busy}`,
    'normal again within': within((performance.now() - beganMs) / 1_000, 5, 's'),
    'p99 then': `${calm.p99Ms.toFixed(1)} ms`,
  }
}

/** `lanes` connections with `deep` requests each under way, for `ms`: more than a server works on at once. */
async function flood(
  port: number,
  lanes: number,
  deep: number,
  ms: number,
): Promise<{ done: number; busy: number }> {
  const connections = await Promise.all(Array.from({ length: lanes }, () => connectTo(port, () => {})))
  const endMs = performance.now() + ms
  let done = 0
  let busy = 0
  const ask = async (connection: Connection, first: number): Promise<void> => {
    for (let number = first; performance.now() < endMs; number++) {
      const code = await new Promise<string | null>((resolve, reject) =>
        readSmall(connection, number, {
          onAnswer: () => resolve(null),
          onFailed: error => ('code' in error ? resolve(String(error.code)) : reject(error)),
        }),
      )
      if (code === null) done++
      else if (code === 'BUSY') {
        busy++
        await pause(20)
      } else throw new Violation(`a read ended with ${code}`)
    }
  }
  const asking = connections.flatMap((connection, lane) =>
    Array.from({ length: deep }, (_, place) => ask(connection, lane * 100 + place)),
  )
  await Promise.all(asking)
  for (const connection of connections) connection.close('UNREACHABLE', 'done')
  return { done, busy }
}

/** A replica that hangs. */
async function stoppedReplica(campaign: Campaign): Promise<Figures> {
  const { nodes } = campaign
  return lateReplica(campaign, {
    hinder: () => process.kill(nodes.pid(replica), 'SIGSTOP'),
    free: () => process.kill(nodes.pid(replica), 'SIGCONT'),
  })
}

/** A replica behind a line of 64 kbit/s. */
async function slowReplica(campaign: Campaign): Promise<Figures> {
  const { nodes } = campaign
  const line = await SlowLine.to(nodes.address(replica).port)
  nodes.dialAt(replica, line.port)
  await restart(campaign, [coordinator])
  return lateReplica(campaign, {
    hinder: () => {
      line.bytesPerSecond = 64_000 / 8
    },
    free: () => {
      line.bytesPerSecond = Number.POSITIVE_INFINITY
    },
  })
}

/** Once a replica that cannot keep up is left out nobody else waits for it, nothing piles up for it, and it catches up. */
async function lateReplica(campaign: Campaign, late: { hinder(): void; free(): void }): Promise<Figures> {
  const files = full ? 128 : 32
  const { nodes } = campaign
  const client = newClient([nodes.address(coordinator)], campaignName)
  await awaitRest(client)
  const put = async (name: string): Promise<number> => {
    const askedMs = performance.now()
    const what = { type: 'put', path: parsePath(name), executable: null } as const
    await client.change({ what }, new BytesSource(Buffer.alloc(MiB, name)))
    return performance.now() - askedMs
  }
  const medianOf = async (prefix: string): Promise<number> => {
    const took: number[] = []
    for (let i = 0; i < files; i++) took.push(await put(`${prefix}-${i}`))
    return quantile(Float64Array.from(took).sort(), 0.5)
  }
  const together = await medianOf('together')
  const pid = nodes.pid(coordinator)
  late.hinder()
  try {
    const firstMs = await put('first')
    const before = residentMiB(pid)!.now
    forgetPeak(pid)
    const alone = await medianOf('alone')
    const rise = residentMiB(pid)!.peak - before
    late.free()
    await awaitRest(client)
    assertSameTrees(nodes.names.map(name => nodes.root(name)))
    return {
      'first change without it': within(firstMs / 1_000, 20, 's'),
      'median of a change': within(alone / together, 2, 'times'),
      'memory rise': within(rise, 64, 'MiB'),
      'behind, and caught up': `${files} MiB`,
    }
  } finally {
    late.free()
    client.close()
  }
}

/** A large file through the client's own program and all servers, none of which has more than 128 MiB of heap. */
async function smallMemory(campaign: Campaign): Promise<Figures> {
  const size = (full ? 1024 : 128) * MiB
  const { nodes } = campaign
  nodes.toldToNode = [smallHeap]
  await restart(campaign, nodes.names)
  const server = `127.0.0.1:${portOf(campaign)}`
  const folder = nodes.scratch()
  const [sent, got] = [join(folder, 'sent'), join(folder, 'got')]
  execFileSync('dd', ['if=/dev/urandom', `of=${sent}`, 'bs=1M', `count=${size / MiB}`, 'status=none'])
  const concur = (...words: string[]): void => {
    const args = [smallHeap, join(dist, 'client.cjs'), '--server', server, '--quiet', ...words]
    execFileSync(process.execPath, args, { env: childEnvironment, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  for (const name of nodes.names) forgetPeak(nodes.pid(name))
  concur('put', sent, 'of-small-memory')
  concur('get', 'of-small-memory', '-o', got)
  execFileSync('cmp', [sent, got])
  const peaks = nodes.names.map(name => `${name} ${Math.round(residentMiB(nodes.pid(name))!.peak)} MiB`)
  rmSync(folder, { recursive: true })
  return { 'put and got': `${size / MiB} MiB`, 'resident at the most': peaks.join(', ') }
}

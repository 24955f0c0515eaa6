/**
 * Servers survive hostile peers. Connections by the thousand, before HELLO and behind it, to a coordinator and to a replica,
 * each of which breaks some rule (hostile-acts.ts); beside them, a client that keeps to all of them.
 *
 *     scripts/campaigns/run hostile [--connections N] [--rate N] [--seed N] [--act NAME]
 *
 * Both servers are alive at the end, with the descriptors and about the memory that they had, and with nothing in the log
 * that would call a person. The client was answered all the time: the slowest of a hundred reads took at most three times as
 * long as without such company.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { SeededChance } from '../../fixtures/seeded-chance.ts'
import { wholeTree } from '../../protocol/path.ts'
import type { Address } from '../../protocol/world.ts'
import { awaitRest, type Campaign, pause, runCampaign } from './campaign.ts'
import type { GoodReads } from './good-client.ts'
import { hostileActs, hostileRound } from './hostile-acts.ts'
import { HostilePeer } from './hostile-peer.ts'
import { Violation } from './violation.ts'
import { campaignName, newClient } from './worker.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '50000' },
    /** A second, at most: a server takes some 1,500 on a processor of its own, and everybody shares two. */
    rate: { type: 'string', default: '250' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    act: { type: 'string' },
    /** Each act by itself, so many connections of it: says what each costs. */
    each: { type: 'string' },
  },
})
const connections = Number(values.connections)
const rate = Number(values.rate)
const seed = Number(values.seed)

/** Hostile connections at once. */
const atOnceMax = 200
/** Milliseconds for which the good client is alone first. */
const aloneMs = 3_000
const p99FactorMax = 3
/** Milliseconds below which no read counts as slow: two processors are shared by four busy processes here. */
const p99FloorMs = 40
/** MiB that a server may have more when all is over, and at the worst moment. */
const residentMiBMore = 96
const peakMiBMax = 400
/** Descriptors that a server may have more: of its own work. */
const descriptorsMore = 12
/** Milliseconds until they are given back. */
const restWithinMs = 15_000
const largeBytes = 1024 * 1024
const manyFiles = 30

const chosenActs = (values.each === undefined ? hostileRound : [...hostileActs]).filter(
  ([name]) => values.act === undefined || name === values.act,
)
if (chosenActs.length === 0)
  throw new Error(`there is no act of that name, but ${[...hostileActs.keys()].join('; ')}`)

await runCampaign(
  'hostile',
  2,
  async campaign => {
    const { nodes, say } = campaign
    say(`seed ${seed}, ${connections} connections, ${hostileActs.size} acts`)
    for (const name of nodes.names) layFiles(nodes.root(name))
    const client = newClient([nodes.address('server1')], campaignName)
    await awaitRest(client)
    await client.verify(wholeTree, { deep: false }, { onRows: async () => {} })
    const good = campaign.children.fork(
      fileURLToPath(new URL('good-client.ts', import.meta.url)),
      ['127.0.0.1', String(nodes.address('server1').port), 'small'],
      { execArgv: ['--import', 'tsx'] },
    )
    if (values.each !== undefined) return await tellEach(campaign, good, Number(values.each))
    // What a server loads and makes at its first few connections stays.
    await attack(
      nodes.names.map(name => nodes.address(name)),
      500,
    )
    await pause(1_000)
    const before = nodes.names.map(name => lookAt(campaign, name))
    await mark(good)
    await pause(aloneMs)
    const alone = await mark(good)
    const begun = performance.now()
    const outcome = await attack(
      nodes.names.map(name => nodes.address(name)),
      connections,
    )
    const seconds = (performance.now() - begun) / 1000
    const beside = await mark(good)
    say(`${outcome.dialled} connections in ${seconds.toFixed(1)} s, ${outcome.refused} not taken`)
    say(
      `alone: ${textOf(alone)}; beside them: ${textOf(beside)}; ${(beside.p99Ms / alone.p99Ms).toFixed(1)} times`,
    )
    await assertCalm(campaign, before)
    // What else the machine does may have changed meanwhile.
    await mark(good)
    await pause(aloneMs)
    const after = await mark(good)
    say(`alone again: ${textOf(after)}`)
    assertServed(alone.p99Ms > after.p99Ms ? alone : after, beside)
    await awaitRest(client)
    client.close()
    for (const name of nodes.names) assertLog(campaign, name)
    say(`seed ${seed} holds`)
  },
  { coordinator: ['--text'], replica: ['--text'] },
)

function layFiles(root: string): void {
  writeFileSync(join(root, 'small'), 'small\n')
  writeFileSync(join(root, 'large'), Buffer.alloc(largeBytes, 'large'))
  mkdirSync(join(root, 'hostile'))
  mkdirSync(join(root, 'many'))
  for (let file = 0; file < manyFiles; file++) writeFileSync(join(root, 'many', `file ${file}`), `${file}\n`)
}

/** @returns how many were dialled, and not taken. */
async function attack(
  servers: readonly Address[],
  count: number,
  acts = chosenActs,
): Promise<{ dialled: number; refused: number }> {
  const begun = performance.now()
  const underWay = new Set<Promise<void>>()
  let refused = 0
  for (let place = 0; place < count; place++) {
    const [name, act] = acts[place % acts.length]!
    const chance = new SeededChance(seed * 1_000_003 + place)
    const server = servers[Math.floor(place / acts.length) % servers.length]!
    const one = (async () => {
      const peer = await HostilePeer.dial(server)
      if (peer === null) {
        refused++
        return
      }
      await act(peer, chance)
      await leave(peer, chance)
    })().catch(error => {
      throw new Error(`${name}: ${error.stack}`)
    })
    underWay.add(one)
    void one.then(() => underWay.delete(one))
    if (underWay.size >= atOnceMax) await Promise.race(underWay)
    const aheadMs = (place * 1000) / rate - (performance.now() - begun)
    if (aheadMs > 5) await pause(aheadMs)
  }
  await Promise.all(underWay)
  return { dialled: count, refused }
}

/** Ends in one of the ways in which a connection can end. */
async function leave(peer: HostilePeer, chance: SeededChance): Promise<void> {
  const way = chance.below(4)
  if (way === 0) peer.reset()
  else if (way === 1) peer.close()
  else {
    peer.endHalf()
    if (way === 2) peer.read()
    await peer.pause(100)
    peer.reset()
  }
  await peer.gone
}

/** What each act costs the servers, and the good client. */
async function tellEach(campaign: Campaign, good: ChildProcess, count: number): Promise<void> {
  const { nodes, say } = campaign
  const servers = nodes.names.map(name => nodes.address(name))
  for (const act of chosenActs) {
    await pause(300)
    await mark(good)
    const before = nodes.names.map(name => processorMs(campaign, name))
    await attack(servers, count, [act])
    await pause(200)
    const { p99Ms } = await mark(good)
    const used = nodes.names.map((name, place) => (processorMs(campaign, name) - before[place]!) / count)
    const memory = nodes.names.map(name => lookAt(campaign, name).residentMiB)
    say(
      `${used.map(ms => ms.toFixed(2).padStart(7)).join(' ')} ms of processor, p99 ${p99Ms.toFixed(1).padStart(6)} ms, ${memory} MiB: ${act[0]}`,
    )
  }
}

/** Milliseconds of processor that a server has used. */
function processorMs({ nodes }: Campaign, name: string): number {
  const fields = readFileSync(`/proc/${nodes.pid(name)}/stat`, 'utf8')
    .split(') ')[1]!
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

interface Look {
  readonly name: string
  readonly descriptors: number
  readonly residentMiB: number
  readonly logBytes: number
}

/** What a server has. @throws Violation when it has ended. */
function lookAt({ nodes }: Campaign, name: string): Look {
  if (!nodes.isRunning(name)) throw new Violation(`${name} has ended`)
  const pid = nodes.pid(name)
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    name,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    residentMiB: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024),
    logBytes: statSync(nodes.log(name)).size,
  }
}

/** @throws Violation when a server does not get back to what it had. */
async function assertCalm(campaign: Campaign, before: readonly Look[]): Promise<void> {
  const { nodes, say } = campaign
  for (const was of before) {
    const endsAt = performance.now() + restWithinMs
    let is = lookAt(campaign, was.name)
    const isCalm = (): boolean =>
      is.descriptors <= was.descriptors + descriptorsMore &&
      is.residentMiB <= was.residentMiB + residentMiBMore
    while (!isCalm() && performance.now() < endsAt) {
      await pause(200)
      is = lookAt(campaign, was.name)
    }
    const peakMiB = nodes.peakMemoryMiB(was.name)
    const logged = Math.round((is.logBytes - was.logBytes) / 1024)
    say(
      `${was.name}: descriptors ${was.descriptors} before, ${is.descriptors} now; memory ${was.residentMiB} MiB before, ` +
        `${is.residentMiB} now, ${peakMiB} at the most; ${logged} KiB logged`,
    )
    if (!isCalm()) throw new Violation(`${was.name} has not come back to what it had`)
    if (peakMiB > peakMiBMax) throw new Violation(`${was.name} had ${peakMiB} MiB`)
  }
}

/** @throws Violation when the good client was not served as it should be. */
function assertServed(alone: GoodReads, beside: GoodReads): void {
  const faults = [...alone.faults, ...beside.faults]
  if (faults.length > 0) throw new Violation(`the good client was told: ${faults.join('; ')}`)
  const p99MsMax = Math.max(p99FloorMs, p99FactorMax * alone.p99Ms)
  if (beside.reads < 100) throw new Violation(`the good client had ${beside.reads} reads`)
  if (beside.p99Ms > p99MsMax) throw new Violation(`the good client waited ${beside.p99Ms.toFixed(1)} ms`)
}

/** @throws Violation when the log has something that would call a person. */
function assertLog({ nodes }: Campaign, name: string): void {
  const lines = readFileSync(nodes.log(name), 'utf8').split('\n').slice(0, -1)
  const bad = lines.filter(
    line => !line.startsWith('{') || /^(error|fatal)$/.test((JSON.parse(line) as { level: string }).level),
  )
  if (bad.length > 0) throw new Violation(`${name} has logged ${bad.slice(0, 3).join('\n')}`)
}

async function mark(good: ChildProcess): Promise<GoodReads> {
  good.send('mark')
  const [reads] = await once(good, 'message')
  return reads as GoodReads
}

function textOf({ reads, p50Ms, p99Ms, maxMs }: GoodReads): string {
  return `${reads} reads, half within ${p50Ms.toFixed(1)} ms, 99 % within ${p99Ms.toFixed(1)}, all within ${maxMs.toFixed(1)}`
}

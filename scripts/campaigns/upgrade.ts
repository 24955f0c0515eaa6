/**
 * Two versions side by side. A coordinator and two replicas under load become another version, one node after the other:
 * an older one, then this one, first the replicas and then the coordinator; then both take turns, in any order; one restart
 * in three is a kill -9. At last they become a next one, which speaks another version of the wire as well and writes
 * another one of the journal. A checkout without the history of the older one does without it, and says so.
 *
 *     scripts/campaigns/run upgrade [--rounds N] [--workers N] [--seed N] [--from COMMIT]
 *
 * After every restart a client of each version writes, and one of the other reads it. At the end all trees are the same,
 * every acknowledged change is there, and this version refuses the journal of the next with a sentence.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SeededChance } from '../../fixtures/seeded-chance.ts'
import { addressText } from '../../protocol/addresses.ts'
import { awaitLine, childEnvironment } from '../bench/children.ts'
import { type Build, nextBuild, olderBuild } from './builds.ts'
import { awaitRest, type Campaign, makeFolders, pause, runCampaign } from './campaign.ts'
import { assertAllKept, underLoad, workersOf } from './load-and-rest.ts'
import { ownBuild } from './nodes.ts'
import { Violation } from './violation.ts'
import { campaignName, newClient } from './worker.ts'

const { values } = parseArgs({
  options: {
    /** How often all nodes become the other version. */
    rounds: { type: 'string', default: '10' },
    workers: { type: 'string', default: '6' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /**
     * The version that is replaced: the first whose coordinator finds a content that is being renamed. Under one before it
     * a replica that catches up may keep a change back, which the campaign would find.
     */
    from: { type: 'string', default: 'f3d4d7cc10e9d737dadb4dedd9d9bf31224d1b8b' },
  },
})
const rounds = Number(values.rounds)
const seed = Number(values.seed)

/** What the clients of the versions write: each version's its own. */
const paths = ['by-one.txt', 'by-the-other.txt'] as const

/** Milliseconds in which a client has to be served while nodes come and go. */
const servedWithinMs = 20_000

await runCampaign('upgrade', 3, async campaign => {
  const { nodes, say } = campaign
  const chance = new SeededChance(seed)
  const own: Build = { name: 'this', dist: ownBuild }
  const next = nextBuild(join(nodes.scratch(), 'next'))
  const older = olderBuild(join(nodes.scratch(), 'older'), values.from)
  say(`seed ${seed}, ${rounds} rounds, ${values.workers} workers`)
  if (older === null) say(`the history of this checkout does not go back to ${values.from}: no older version`)
  const workers = workersOf(nodes, Number(values.workers), seed)
  await makeFolders(nodes, workers)
  let restarts = 0
  const become = async (from: Build, to: Build, names: readonly string[]): Promise<void> => {
    for (const name of names) {
      await restart(campaign, name, to, chance)
      await assertServed(campaign, from, to, ++restarts)
    }
  }
  await underLoad(workers, async () => {
    if (older !== null) {
      await become(own, older, nodes.names)
      for (let round = 0; round < rounds; round++) {
        const [from, to] = round % 2 === 0 ? [older, own] : [own, older]
        await become(
          from,
          to,
          round === 0 ? [...nodes.replicas, nodes.names[0]!] : shuffled(nodes.names, chance),
        )
      }
      if (rounds % 2 === 0) await become(older, own, nodes.names)
    }
    await become(own, next, [...nodes.replicas, nodes.names[0]!])
  })
  for (const path of paths) await served(campaign, own, nodes.names[0]!, ['rm', path])
  await assertAllKept(campaign, workers, { isLogWhole: true })
  await assertRefused(campaign, own, next)
  say(`${restarts} restarts; seed ${seed} holds`)
})

function shuffled(names: readonly string[], chance: SeededChance): string[] {
  const left = [...names]
  return names.map(() => left.splice(chance.below(left.length), 1)[0]!)
}

/** One in three is killed; the others end in order. The next one has to wait until this one has caught up. */
async function restart({ nodes }: Campaign, name: string, build: Build, chance: SeededChance): Promise<void> {
  await pause(chance.below(500))
  if (chance.below(3) === 0) await nodes.kill([name])
  else await nodes.end(name)
  nodes.runFrom(name, build.dist)
  await nodes.start(name)
  const client = newClient([nodes.address('server1')], campaignName)
  await awaitRest(client)
  client.close()
}

/** Each version's client writes through one node, and the other's reads it through another. */
async function assertServed(campaign: Campaign, from: Build, to: Build, turn: number): Promise<void> {
  const { names } = campaign.nodes
  const pairs = [
    { path: paths[0], writer: from, reader: to },
    { path: paths[1], writer: to, reader: from },
  ]
  for (const { path, writer, reader } of pairs) {
    const content = `${turn} by the client of ${writer.name}`
    await served(campaign, writer, names[turn % names.length]!, ['write', path, content])
    const read = await served(campaign, reader, names[(turn + 1) % names.length]!, ['cat', path])
    if (read !== content) throw new Violation(`${path} was written as ${content}, and read as ${read}`)
  }
}

/** @returns what a client prints. @throws Violation when it is not served in time. */
async function served(
  { nodes, children }: Campaign,
  { dist }: Build,
  name: string,
  command: readonly string[],
): Promise<string> {
  const giveUpAt = performance.now() + servedWithinMs
  for (;;) {
    const args = ['--client-id', campaignName, '--server', addressText(nodes.address(name)), ...command]
    const child = children.spawn(process.execPath, [join(dist, 'client.cjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let errors = ''
    child.stdout!.on('data', (bytes: Buffer) => {
      output += bytes
    })
    child.stderr!.on('data', (bytes: Buffer) => {
      errors += bytes
    })
    const [status] = await once(child, 'close')
    if (status === 0) return output
    if (performance.now() > giveUpAt) throw new Violation(`${command.join(' ')} at ${name}: ${errors}`)
    await pause(100)
  }
}

/** A server of this version does not start on a journal that a next version began, and says so. */
async function assertRefused({ nodes, children, say }: Campaign, own: Build, next: Build): Promise<void> {
  const root = nodes.scratch()
  const start = ({ dist }: Build): ChildProcess =>
    children.spawn(
      process.execPath,
      [join(dist, 'coordinator.js'), '--name', 'alone', '--root', root, '--listen', '127.0.0.1:0'],
      { stdio: ['ignore', 'ignore', 'pipe'], env: childEnvironment },
    )
  const before = start(next)
  await awaitLine(before, servedWithinMs, line => (line.includes('"msg":"term"') ? true : null))
  await children.end(before)
  const child = start(own)
  const ended = once(child, 'exit')
  const sentence = await awaitLine(child, servedWithinMs, line => line)
  const [status] = await ended
  const expected = 'the journal has version 2; this program reads version 1'
  if (!sentence.includes(expected) || status !== 2)
    throw new Violation(`the journal of the next version is refused with ${status} and ${sentence}`)
  say(`this version at the journal of the next: ${sentence}`)
}

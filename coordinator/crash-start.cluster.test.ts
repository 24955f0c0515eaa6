/**
 * A node that was stopped is started, and stops again at every call of that start, and the other one with it: from
 * opening its folder until everything is settled and flushed. The coordinator comes back alone, and begins a term of
 * which nobody hears; then the other one comes. Nobody has to do anything: changes are taken, and both nodes have all.
 */
import type { Death } from '../fixtures/cluster-network.ts'
import { MortalCluster } from '../fixtures/mortal-cluster.ts'
import type { Survives } from '../replica/store/crash.fixture.ts'
import { checkNodes } from './crash-checks.fixture.ts'

const deaths: readonly { readonly name: string; readonly death: Death; readonly survives: Survives }[] = [
  { name: 'ends', death: 'ended', survives: 'the index as it was flushed' },
  { name: 'ends, without its index', death: 'ended', survives: 'nothing of the index' },
  { name: 'loses power', death: 'silent', survives: 'the index as it was flushed' },
]

interface Options {
  readonly node: string
  readonly death: Death
  readonly survives: Survives
}

/** @returns whether the start was stopped: false when it has fewer calls. */
async function stoppedAt(number: number, { node, death, survives }: Options): Promise<boolean> {
  const mortals = new MortalCluster()
  mortals.death = death
  const mortal = mortals.of(node)
  await mortals.start({ a: 'old' })
  await mortals.drive(mortals.client.append('a', ' and more'), 'the append')
  mortal.disk.stopNow()
  await mortals.bury(mortal, survives)

  mortals.dieTogether = true
  mortal.disk.holdsFlush = death === 'silent'
  mortal.disk.arm(number)
  await mortals.revive(mortal)
  await mortals.rest()
  const isStopped = mortals.isInterrupted
  await mortals.endHeld()
  for (const dead of [...mortals.dead]) await mortals.bury(dead, survives)

  mortal.disk.arm(Number.POSITIVE_INFINITY)
  for (const { node } of mortals.all) if (!node.isRunning) await mortals.revive(mortals.of(node.name))
  await mortals.rest()
  await mortals.drive(mortals.client.put('b', 'new'), 'a put')
  await mortals.rest()
  await checkNodes(mortals, { changes: 3, after: { a: 'old and more', b: 'new' } })
  expect(await mortals.close()).toBe(0)
  return isStopped
}

describe.each(['server1', 'server2'])('%s', node => {
  test.each(deaths)('$name at each call of its start, and the other one with it', async options => {
    let number = 1
    try {
      while (await stoppedAt(number, { node, ...options })) number++
    } catch (error) {
      throw new Error(`stopped at call ${number}`, { cause: error })
    }
    expect(number).toBeGreaterThan(5)
  })
})

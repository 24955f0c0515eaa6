/**
 * Every kind of change, through a coordinator and a replica, with one of them stopped at every call that changes its disk,
 * from the moment at which the client asks until all is settled and flushed: by the end of the process and by a loss of power, also of
 * both at once, and once more while it comes back. The client goes on asking. Afterwards it was told that the change is
 * done, and it is: once, whole, the same on both nodes, what gave way in history, and nothing else lies about.
 */
import { dirname } from 'node:path'
import type { Death } from '../fixtures/cluster-network.ts'
import { MortalCluster } from '../fixtures/mortal-cluster.ts'
import type { Survives } from '../replica/store/crash.fixture.ts'
import { checkAnswer, checkHistory, checkNodes, type Told, waitedForSince } from './crash-checks.fixture.ts'
import { type Scenario, scenarios } from './crash-scenarios.fixture.ts'

interface Ending {
  readonly name: string
  readonly death: Death
  readonly survives: Survives
  /** Both nodes die at that moment. */
  readonly together?: boolean
  /** Whom the client asks: the coordinator unless stated. */
  readonly asked?: string
  /** It dies once more while it comes back. */
  readonly again?: boolean
  /** Which calls: of every `of` the one that leaves `rest`. */
  readonly calls: { readonly of: number; readonly rest: number }
}

const every = { of: 1, rest: 0 }

const endings: readonly Ending[] = [
  { name: 'ends', death: 'ended', survives: 'all of the index', calls: every },
  {
    name: 'ends, and once more while it comes back, with the index as it was flushed',
    ...{ death: 'reset', survives: 'the index as it was flushed', again: true, calls: { of: 3, rest: 0 } },
    asked: 'server2',
  },
  {
    name: 'ends, and once more while it comes back, without its index',
    ...{ death: 'ended', survives: 'nothing of the index', again: true, calls: { of: 3, rest: 1 } },
  },
  {
    name: 'loses power',
    ...{ death: 'silent', survives: 'the index as it was flushed', calls: { of: 3, rest: 2 } },
    asked: 'server2',
  },
  {
    name: 'loses power with the other one',
    ...{ death: 'silent', survives: 'the index as it was flushed', together: true, calls: every },
  },
]

/** Milliseconds that the nodes which died are away: nobody, somebody, everybody has noticed. */
const awayMs = [0, 1_000, 5_000]

class Run {
  readonly mortals = new MortalCluster()
  private readonly scenario: Scenario
  private readonly node: string
  private readonly ending: Ending
  private told: Told | null = null
  private refusal: unknown = null

  constructor(options: { scenario: Scenario; node: string; ending: Ending }) {
    this.scenario = options.scenario
    this.node = options.node
    this.ending = options.ending
    this.mortals.death = options.ending.death
    this.mortals.dieTogether = options.ending.together ?? false
  }

  /** Where the nodes' folders are as long as nothing has gone well. */
  get folder(): string {
    return dirname(this.mortals.all[0]!.node.root)
  }

  /** @returns whether the node was stopped: false when there are fewer calls. */
  async stoppedAt(number: number): Promise<boolean> {
    const { mortals, scenario, ending } = this
    await mortals.start(scenario.before)
    mortals.of(this.node).disk.holdsFlush = ending.death === 'silent'
    this.arm(number)
    this.ask()
    await this.untilDone()
    const isStopped = mortals.isInterrupted
    await mortals.endHeld()
    if (isStopped) await this.comeBack(number)
    this.arm(Number.POSITIVE_INFINITY)
    await this.untilDone()
    return isStopped
  }

  async check(): Promise<void> {
    const { mortals, scenario, ending } = this
    checkAnswer(this.told!, mortals)
    await checkNodes(mortals, { changes: Object.keys(scenario.before).length + 1, after: scenario.after })
    checkHistory(mortals, scenario, ending.death !== 'silent')
    expect(await mortals.close()).toBe(0)
  }

  private ask(): void {
    const { mortals, scenario, ending } = this
    const [coordinator] = mortals.all
    scenario.change(mortals.cluster.client(ending.asked)).then(
      done => {
        const isThere = coordinator!.node.isRunning && done.op !== null
        this.told = { done, waitedFor: isThere ? waitedForSince(coordinator!, done.op.seq) : null }
      },
      error => {
        this.refusal = error
      },
    )
  }

  /** @throws what the client was refused with: it goes on asking, and in the end everybody is there. */
  private get isAnswered(): boolean {
    if (this.refusal !== null) throw this.refusal
    return this.told !== null
  }

  private async comeBack(number: number): Promise<void> {
    const { mortals, ending } = this
    const dead = number % 2 === 0 ? [...mortals.dead] : mortals.dead.toReversed()
    for (const mortal of dead) await mortals.bury(mortal, ending.survives)
    await mortals.time.pass(awayMs[number % awayMs.length]!)
    if (ending.again) this.arm(1 + ((number * 7) % 23))
    for (const mortal of dead) await mortals.revive(mortal)
    if (!ending.again) return
    await this.untilDone()
    for (const again of [...mortals.dead]) {
      await mortals.bury(again, ending.survives)
      await mortals.revive(again)
    }
  }

  private arm(number: number): void {
    this.mortals.of(this.node).disk.arm(number)
  }

  /** Returns when the client has its answer and everything is settled and flushed, or when that is interrupted. */
  private async untilDone(): Promise<void> {
    const { mortals } = this
    await mortals.until(() => mortals.isInterrupted || this.isAnswered, 'an answer')
    if (!mortals.isInterrupted) await mortals.rest()
  }
}

/** @returns how many calls there were. */
async function stopAtEach(options: { scenario: Scenario; node: string; ending: Ending }): Promise<number> {
  const { of, rest } = options.ending.calls
  for (let number = rest === 0 ? of : rest; ; number += of) {
    const run = new Run(options)
    try {
      const isStopped = await run.stoppedAt(number)
      await run.check()
      if (!isStopped) return number - 1
    } catch (error) {
      throw new Error(`stopped at call ${number}, below ${run.folder}`, { cause: error })
    }
  }
}

describe.each(['server1', 'server2'])('%s', node => {
  describe.each(endings)('$name', ending => {
    test.each(Object.keys(scenarios))('in the middle of %s', async name => {
      const number = await stopAtEach({ scenario: scenarios[name]!, node, ending })
      expect(number).toBeGreaterThan(4)
    })
  })
})

/** How many answers a second come when a fixed number of requests is always under way. */

/** One connection to what is measured. */
export interface Lane {
  /** Asks once more. */
  ask(): void
  close(): void
}

export interface LaneEvents {
  onAnswer(): void
  /** The answer was wrong, or the connection is lost. */
  onFailed(error: Error): void
}

export type OpenLane = (events: LaneEvents) => Promise<Lane>

/** So many requests at a time on each of so many connections, for so long. */
export interface RateOptions {
  readonly connections: number
  readonly outstanding: number
  readonly forMs: number
}

/** @returns answers a second. @throws Error when one was wrong. */
export async function measureRate(open: OpenLane, options: RateOptions): Promise<number> {
  const { connections, outstanding, forMs } = options
  const load = new Load(forMs)
  for (let i = 0; i < connections; i++) await load.add(open)
  try {
    return await load.run(outstanding)
  } finally {
    load.close()
  }
}

class Load {
  private readonly forMs: number
  private readonly lanes: Lane[] = []
  private startedMs = 0
  private answers = 0
  private underWay = 0
  private resolve: (rate: number) => void = () => {}
  private reject: (error: Error) => void = () => {}

  constructor(forMs: number) {
    this.forMs = forMs
  }

  async add(open: OpenLane): Promise<void> {
    const lane = await open({
      onAnswer: () => this.onAnswer(lane),
      onFailed: error => this.reject(error),
    })
    this.lanes.push(lane)
  }

  run(outstanding: number): Promise<number> {
    this.startedMs = performance.now()
    this.underWay = outstanding * this.lanes.length
    return new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
      for (const lane of this.lanes) for (let i = 0; i < outstanding; i++) lane.ask()
    })
  }

  close(): void {
    for (const lane of this.lanes) lane.close()
  }

  private onAnswer(lane: Lane): void {
    this.answers++
    const tookMs = performance.now() - this.startedMs
    if (tookMs < this.forMs) return lane.ask()
    if (--this.underWay === 0) this.resolve((this.answers / tookMs) * 1000)
  }
}

/** CHANGE as a client's connection sees it, on nodes and with a ledger that a test writes. */
import { RecordedLog } from '../fixtures/cluster-node.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import type { ChangeRequest } from '../protocol/change-messages.ts'
import { digestOf } from '../protocol/digest.ts'
import { ConcurError } from '../protocol/errors.ts'
import { inlineBytesMax, streamCreditBytes } from '../protocol/limits.ts'
import { parsePath } from '../protocol/path.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import type { Operation } from '../protocol/record.ts'
import { doneOf } from './changing/answer.ts'
import { World } from './changing/change-work.fixture.ts'
import type { Ordered } from './changing/change-work.ts'
import { type ChangeDesk, onChange } from './on-change.ts'
import { Results } from './ordering/results.ts'
import { Turns } from './ordering/turns.ts'

const a = parsePath('a')
const large = Buffer.alloc(3 * inlineBytesMax, 'large')
const operationOf = (counter: number, floor = 0): Operation =>
  ({ nonce: 'e'.repeat(32), counter, floor }) as Operation

let time: FakeTime
let log: RecordedLog
let world: World
let desk: ChangeDesk
/** What the answer to a record waits for. */
let answering: (ordered: Ordered) => Promise<void>
let connections: Served[]
let counter: number

beforeEach(() => {
  time = new FakeTime()
  log = new RecordedLog()
  world = new World({}, {})
  connections = []
  counter = 0
  answering = async ({ awaited }) => awaited.done
  desk = {
    cluster: world.cluster,
    turns: new Turns(),
    sources: { nodes: world.nodes, newIncoming: () => world.newIncoming(), seqOf: () => null },
    results: new Results({
      releasedSeq: () => 0,
      keptMax: 100,
      forgottenSeq: 5,
      answerOf: async () => {
        throw new Error('no result of an earlier run is known')
      },
    }),
    async answerOf(ordered) {
      await answering(ordered)
      const { change, awaited } = ordered
      return doneOf({
        ...{ change, moved: null, epoch: 1, seq: awaited.seq },
        ...{ nodes: [], outcomes: new Map(), error: null },
      })
    },
  }
})

afterEach(() => {
  for (const connection of connections) connection.close()
})

async function connect(): Promise<Served> {
  const context = { client: null, clock: time, timers: time, log, reports: new ProgressReports(time) }
  const served = await serve(time, (request, stream) => {
    if (request.opcode === 'CHANGE') onChange(desk, request.body, { ...context, stream })
  })
  connections.push(served)
  return served
}

const put = (bytes: number | null = null): ChangeRequest['what'] => ({
  type: 'put',
  path: a,
  executable: null,
  bytes,
})
const mkdir: ChangeRequest['what'] = { type: 'mkdir', path: a, parents: false }

/** Begins a change; one with bytes awaits them. */
function ask({ peer }: Served, what: ChangeRequest['what'], operation = operationOf(++counter, 9)): Answer {
  const conditions = { ifMatch: null, ifAbsent: false, ack: null, fence: null }
  return peer.ask('CHANGE', { operation, ...conditions, what }, { more: 'bytes' in what })
}

function send(answer: Answer, bytes: Buffer): void {
  void answer.stream.sendPiece('CHUNK', bytes)
}

function seal(answer: Answer, bytes: Buffer, size = bytes.length): void {
  void answer.stream.sendFlow('SEAL', { size, digest: digestOf(bytes).digest }, true)
}

async function upload(served: Served, bytes: Buffer, operation?: Operation): Promise<Answer> {
  const answer = ask(served, put(), operation)
  send(answer, bytes)
  seal(answer, bytes)
  return answer.ended()
}

/** Nothing was ordered, and no node keeps any bytes. */
function expectNoTrace(): void {
  expect(world.ordered).toEqual([])
  expect(world.liveStages()).toEqual([0, 0])
}

const untilStaged = () => until(() => world.liveStages().every(count => count === 1), 'the stages')

test('a change without bytes is made at once', async () => {
  const answer = await ask(await connect(), mkdir).ended()
  expect(answer.only('DONE').op).toEqual({ epoch: 1, seq: 1, type: 'mkdir', path: a })
  expect(log.all('request')).toMatchObject([{ op: 'mkdir', path: 'a', verdict: 'done' }])
})

test.each([0, 1, inlineBytesMax, large.length])(
  'a put of %d bytes is made when all have come',
  async size => {
    const bytes = large.subarray(0, size)
    const answer = await upload(await connect(), bytes)
    expect(answer.only('DONE')).toMatchObject({ size, digest: digestOf(bytes).digest })
    expect(world.ordered).toHaveLength(1)
  },
)

test('a client is told that its change is worked on, from its last frame on', async () => {
  answering = () => new Promise(() => {})
  const answer = ask(await connect(), mkdir)
  await time.pass(2_500)
  expect(answer.all('PROGRESS').length).toBeGreaterThanOrEqual(3)
})

test('a client sends no faster than the slowest node takes it', async () => {
  const held: (() => void)[] = []
  const [, other] = world.nodes
  const openStage = other!.openStage.bind(other)
  other!.openStage = id => {
    const stage = openStage(id)
    stage.write = () => new Promise(resolve => held.push(resolve))
    return stage
  }
  const bytes = Buffer.alloc(2 * streamCreditBytes, 'x')
  const answer = ask(await connect(), put())
  let left = 0
  for (let at = 0; at < bytes.length; at += inlineBytesMax)
    void answer.stream.sendPiece('CHUNK', bytes.subarray(at, at + inlineBytesMax)).then(() => {
      left += inlineBytesMax
    })
  seal(answer, bytes)
  await until(() => held.length > 0, 'the first bytes')
  await turns(100)
  expect(left).toBeLessThanOrEqual(streamCreditBytes + inlineBytesMax)
  while (!answer.isFinished) {
    for (const take of held.splice(0)) take()
    await turns(1)
  }
  expect(answer.only('DONE').size).toBe(bytes.length)
})

describe('a refusal', () => {
  test('of the coordinator comes before a byte is taken', async () => {
    world.refusal = new ConcurError('READ_ONLY', 'a flush failed')
    expect((await ask(await connect(), put()).ended()).error).toMatchObject({ code: 'READ_ONLY' })
    expectNoTrace()
    expect(log.all('request')).toMatchObject([{ op: 'put', code: 'READ_ONLY' }])
  })

  test('because of what is there leaves nothing of the bytes, and lets the next change have its turn', async () => {
    for (const node of world.nodes) node.contents.a = null
    const served = await connect()
    expect((await upload(served, large)).error).toMatchObject({ code: 'IS_DIRECTORY' })
    expectNoTrace()
    for (const node of world.nodes) node.contents = {}
    expect((await ask(served, mkdir).ended()).only('DONE').op?.seq).toBe(1)
  })

  test('may be answered otherwise when the same operation is sent again', async () => {
    for (const node of world.nodes) node.contents.a = null
    const served = await connect()
    const operation = operationOf(1, 9)
    expect((await ask(served, mkdir, operation).ended()).error).toMatchObject({ code: 'ALREADY_EXISTS' })
    for (const node of world.nodes) node.contents = {}
    expect((await ask(served, mkdir, operation).ended()).only('DONE').op?.seq).toBe(1)
  })

  test('of a change that was abandoned after its order is an error, and the next one has its turn', async () => {
    world.settling = seq =>
      seq === 1 ? Promise.reject(new ConcurError('UNREACHABLE', 'too few')) : Promise.resolve()
    const served = await connect()
    const refused = await upload(served, large)
    expect(refused.error).toMatchObject({ code: 'UNREACHABLE', message: 'too few' })
    expect(world.liveStages()).toEqual([0, 0])
    expect((await ask(served, mkdir).ended()).only('DONE').op?.seq).toBe(2)
  })

  test.each<[string, number | null, (answer: Answer) => void, string]>([
    ['that are announced as too many for a file', 2 ** 40 + 1, () => {}, 'TOO_LARGE'],
    [
      'that are more than were announced, before the rest comes',
      large.length - 1,
      answer => send(answer, large),
      'BAD_DIGEST',
    ],
    [
      'that are fewer than were announced',
      large.length + 1,
      answer => {
        send(answer, large)
        seal(answer, large)
      },
      'BAD_DIGEST',
    ],
    [
      'that are not as many as their seal says',
      null,
      answer => {
        send(answer, large)
        seal(answer, large, large.length - 1)
      },
      'BAD_DIGEST',
    ],
    [
      'that are others than those of their seal',
      null,
      answer => {
        send(answer, large)
        seal(answer, Buffer.alloc(large.length))
      },
      'BAD_DIGEST',
    ],
    [
      'that are few and others than those of their seal',
      null,
      answer => {
        send(answer, Buffer.from('some'))
        seal(answer, Buffer.from('else'))
      },
      'BAD_DIGEST',
    ],
  ])('of bytes %s leaves nothing', async (_, announced, act, code) => {
    const answer = ask(await connect(), put(announced))
    act(answer)
    expect((await answer.ended()).error).toMatchObject({ code })
    await turns(20)
    expectNoTrace()
  })

  test('of the coordinator’s disk in the middle leaves nothing', async () => {
    world.nodes[0]!.stageFailure = new ConcurError('NO_SPACE', 'full')
    const answer = ask(await connect(), put())
    send(answer, large)
    expect((await answer.ended()).error).toMatchObject({ code: 'NO_SPACE' })
    expectNoTrace()
  })
})

describe('a client that', () => {
  test.each([
    ['cancels', (answer: Answer) => answer.stream.cancel()],
    ['dies', () => connections[0]!.close()],
  ])('%s while its bytes come leaves nothing, and holds up nobody', async (_, end) => {
    const answer = ask(await connect(), put())
    send(answer, large)
    await untilStaged()
    end(answer)
    await until(() => world.liveStages().every(count => count === 0), 'the stages to be gone')
    expectNoTrace()
    expect((await ask(await connect(), mkdir).ended()).only('DONE').op?.seq).toBe(1)
  })

  test.each([
    ['cancels', (answer: Answer) => answer.stream.cancel()],
    ['dies', () => connections[0]!.close()],
  ])('%s behind its last byte has its change made all the same', async (_, end) => {
    let goOn = () => {}
    world.tails = new Promise(resolve => {
      goOn = resolve
    })
    const answer = ask(await connect(), put())
    send(answer, large)
    seal(answer, large)
    await until(() => world.nodes.every(({ stages }) => [...stages.values()][0]?.sealed != null), 'the seals')
    await turns(20)
    end(answer)
    await turns(20)
    goOn()
    await until(() => world.ordered.length === 1, 'the change')
    expect(world.liveStages()).toEqual([1, 1])
    expect(answer.all('DONE')).toEqual([])
  })
})

describe('an operation that is sent again', () => {
  test('is told the first answer, and nothing of its bytes is taken', async () => {
    const served = await connect()
    const first = (await upload(served, large, operationOf(1, 9))).only('DONE')
    const again = await ask(served, put(), operationOf(1, 9)).ended()
    expect(again.only('DONE')).toEqual(first)
    expect(world.ordered).toHaveLength(1)
    expect(world.nodes.map(({ stages }) => stages.size)).toEqual([1, 1])
  })

  test('while the first attempt is under way is told that one’s answer', async () => {
    let goOn = () => {}
    answering = () =>
      new Promise(resolve => {
        goOn = resolve
      })
    const first = ask(await connect(), mkdir, operationOf(1, 9))
    const second = ask(await connect(), mkdir, operationOf(1, 9))
    await until(() => world.ordered.length === 1, 'the order')
    await turns(20)
    expect([first.isFinished, second.isFinished]).toEqual([false, false])
    goOn()
    expect((await second.ended()).only('DONE')).toEqual((await first.ended()).only('DONE'))
    expect(world.ordered).toHaveLength(1)
  })

  test('with bytes that come at the same time is made once, and the other bytes go', async () => {
    const [first, second] = [await connect(), await connect()].map(served =>
      ask(served, put(), operationOf(1, 9)),
    ) as [Answer, Answer]
    for (const answer of [first, second]) send(answer, large)
    await until(() => world.liveStages().every(count => count === 2), 'both stages')
    for (const answer of [first, second]) seal(answer, large)
    expect((await first.ended()).only('DONE')).toEqual((await second.ended()).only('DONE'))
    expect(world.ordered).toHaveLength(1)
    expect(world.liveStages()).toEqual([1, 1])
  })

  test('of which nobody can know any more is not made, and its outcome is unknown', async () => {
    const answer = await ask(await connect(), put(), operationOf(1, 4)).ended()
    expect(answer.only('DONE')).toMatchObject({
      ...{ op: null, outcome: 'unknown', of: 2 },
      error: { code: 'TIMEOUT', message: expect.stringContaining('too late') },
    })
    expectNoTrace()
    expect(log.all('request')).toMatchObject([{ code: 'TIMEOUT' }])
  })
})

describe('changes of one path', () => {
  test('have their turns: the next one begins when the one before is over, though that was answered earlier', async () => {
    let settle = () => {}
    world.settling = seq =>
      seq > 1
        ? Promise.resolve()
        : new Promise(resolve => {
            settle = resolve
          })
    answering = async () => {}
    const served = await connect()
    expect((await ask(served, mkdir).ended()).only('DONE').op?.seq).toBe(1)
    const next = ask(served, put(0))
    seal(next, Buffer.alloc(0))
    await turns(50)
    expect(world.ordered).toHaveLength(1)
    settle()
    expect((await next.ended()).only('DONE').op?.seq).toBe(2)
  })

  test('of which there is nothing to do let the next one have its turn', async () => {
    for (const node of world.nodes) node.contents.a = null
    const served = await connect()
    const parents = { ...mkdir, parents: true } as ChangeRequest['what']
    expect((await ask(served, parents).ended()).only('DONE')).toMatchObject({ op: null, error: null, of: 2 })
    for (const node of world.nodes) node.contents = {}
    expect((await ask(served, mkdir).ended()).only('DONE').op?.seq).toBe(1)
  })
})

/** The record of a folder that is deleted with all below it: its list, and what becomes of that on the way. */
import type { Contents } from '../../fixtures/scripted-member.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { parsePath } from '../../protocol/path.ts'
import { type Change, readDeletedEntries } from '../../protocol/record.ts'
import { digest, World } from './change-work.fixture.ts'

const f = parsePath('f')
const removeAll = { type: 'delete', path: f, recursive: true, force: false } as const
const lostError = () => new ConcurError('UNREACHABLE', 'server2 is not connected')

const holding = (): Contents => ({ f: null, 'f/a': 'A', 'f/b': 'B' })
const entries = ['a', 'b'].map(name => ({
  path: `f/${name}`,
  what: 'file',
  seen: [digest(name.toUpperCase())],
}))
/** Enough that their list does not ride beside the record. */
const many = (): Contents =>
  Object.fromEntries([
    ['f', null],
    ...Array.from({ length: 2_000 }, (_, at) => [`f/${String(at).padStart(5, '0')}`, 'x']),
  ])

test('takes its list along', async () => {
  const world = new World(holding(), holding())
  const change = await world.order(removeAll)
  const { body } = world.ordered[0]!
  expect(readDeletedEntries(body!)).toEqual(entries)
  expect(change).toEqual({
    ...{ type: 'delete', path: f, what: 'folder', base: null, seen: [] },
    body: { bytes: body!.length, stage: null },
  })
})

test('without anything in it has no list', async () => {
  const world = new World({ f: null }, { f: null })
  expect(await world.order(removeAll)).toMatchObject({ body: { bytes: 0, stage: null } })
  expect(world.ordered[0]!.body).toBeNull()
})

test('takes along what was put there through us, though not every node has it', async () => {
  const world = new World(holding(), { f: null })
  world.journaled = { 'f/b': 'B' }
  await world.order(removeAll)
  expect(readDeletedEntries(world.ordered[0]!.body!)).toEqual(entries.slice(1))
})

test('sends a long list ahead to every node', async () => {
  const world = new World(many(), many())
  const change = (await world.order(removeAll)) as Extract<Change, { type: 'delete' }>
  expect(world.ordered[0]!.body).toBeNull()
  for (const node of world.nodes) {
    const stage = node.stages.get(change.body.stage!)!
    expect(readDeletedEntries(stage.bytes)).toHaveLength(2_000)
    expect(stage.sealed).toMatchObject({ size: change.body.bytes })
  }
  expect(world.liveStages()).toEqual([1, 1])
})

test('goes on without a node that is lost while it is asked', async () => {
  const world = new World(holding(), holding())
  world.nodes[1]!.onSurvey = () => {
    throw lostError()
  }
  world.nodes[1]!.onWalk = () => {
    throw lostError()
  }
  await world.order(removeAll)
  expect(readDeletedEntries(world.ordered[0]!.body!)).toEqual(entries)
})

test('goes on without a node that is lost each time it is asked', async () => {
  const world = new World(holding(), holding())
  const [, restless] = world.nodes
  Object.assign(world.cluster.ledger.tails, {
    over: async () => {
      world.inSync = [restless!]
    },
  })
  restless!.onSurvey = restless!.onWalk = () => {
    throw lostError()
  }
  await world.order(removeAll)
  expect(readDeletedEntries(world.ordered[0]!.body!)).toEqual(entries)
  expect(restless!.surveys).toBe(5)
})

test('goes on without a node that leaves while it lists', async () => {
  const world = new World(holding(), holding())
  world.nodes[1]!.onWalk = () => {
    world.leave(world.nodes[1]!.name)
    throw lostError()
  }
  await world.order(removeAll)
  expect(readDeletedEntries(world.ordered[0]!.body!)).toEqual(entries)
})

test('is refused where a node that stays cannot list', async () => {
  const world = new World(holding(), holding())
  world.nodes[1]!.onWalk = () => {
    throw new ConcurError('IO_ERROR', 'f/secret cannot be read')
  }
  await expect(world.order(removeAll)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect([world.ordered, world.nodes[1]!.surveys]).toEqual([[], 1])
})

test('lets go of a list that was sent ahead when a node comes or goes meanwhile', async () => {
  const world = new World(many(), many())
  const [, other] = world.nodes
  const openStage = other!.openStage.bind(other)
  other!.openStage = id => {
    world.leave(other!.name)
    return openStage(id)
  }
  const change = (await world.order(removeAll)) as Extract<Change, { type: 'delete' }>
  expect(world.nodes[0]!.stages.size).toBe(2)
  expect(world.liveStages()).toEqual([1, 0])
  expect(world.nodes[0]!.stages.get(change.body.stage!)!.isEnded).toBe(false)
})

test.each<[string, (world: World) => void, string]>([
  [
    'the journal refuses the record',
    world => {
      world.orderFailure = new ConcurError('NO_SPACE', 'full')
    },
    'NO_SPACE',
  ],
  [
    'the coordinator’s disk has no room for the list',
    world => {
      world.nodes[0]!.stageFailure = new ConcurError('NO_SPACE', 'full')
    },
    'NO_SPACE',
  ],
  [
    'the coordinator takes no changes by then',
    world => {
      world.nodes[1]!.onWalk = () => {
        world.refusal = new ConcurError('READ_ONLY', 'a flush failed')
      }
    },
    'READ_ONLY',
  ],
])('leaves no list behind when %s', async (_, fail, code) => {
  const world = new World(many(), many())
  fail(world)
  await expect(world.order(removeAll)).rejects.toMatchObject({ code })
  expect(world.liveStages()).toEqual([0, 0])
  expect(world.ordered).toEqual([])
})

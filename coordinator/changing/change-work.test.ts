/** One change from its wish to its record, on nodes and with a ledger that a test writes. */

import { turns } from '../../fixtures/fake-time.ts'
import type { AckLevel, ChangeRequest } from '../../protocol/change-messages.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { inlineBytesMax } from '../../protocol/limits.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import { digest, operation, World } from './change-work.fixture.ts'

type What = ChangeRequest['what']

const [a, b, f] = ['a', 'b', 'f'].map(parsePath) as [FilePath, FilePath, FilePath]
const put: What = { type: 'put', path: a, executable: null, bytes: null }
const append: What = { type: 'append', path: a, create: false, bytes: null }
const mkdir: What = { type: 'mkdir', path: a, parents: false }
const mkdirAll: What = { type: 'mkdir', path: f, parents: true }
const large = Buffer.alloc(inlineBytesMax + 1, 'large')
const lostError = () => new ConcurError('UNREACHABLE', 'server2 is not connected')

describe('what is ordered', () => {
  test('says what the journal made of the path, what every node has, and who wants it', async () => {
    const world = new World({ a: 'A' }, { a: 'B' }, {})
    world.journaled = { a: 'C' }
    await world.order(put, { content: 'new' })
    expect(world.ordered).toEqual([
      {
        client: 'ann@laptop',
        operation,
        body: Buffer.from('new'),
        change: {
          ...{ type: 'put', path: a, base: digest('C'), seen: [digest('A'), digest('B')] },
          ...{ digest: digest('new'), size: 3, executable: null, body: { bytes: 3, stage: null } },
        },
      },
    ])
    expect(world.asked()).toEqual([['survey a'], ['survey a'], ['survey a']])
  })

  test('of bytes that were staged names their stage, and nothing rides beside it', async () => {
    const world = new World({}, {})
    const change = await world.order(put, { content: large })
    expect(change).toMatchObject({ body: { bytes: large.length, stage: '1'.padStart(32, '0') } })
    expect(world.ordered[0]!.body).toBeNull()
    expect(world.liveStages()).toEqual([1, 1])
  })

  test('of a rename is about both of its paths', async () => {
    const world = new World({ a: 'A' }, { a: 'A' })
    world.journaled = { a: 'A' }
    const what: What = { type: 'rename', from: a, to: b, force: false }
    expect(await world.order(what)).toMatchObject({ base: digest('A'), baseTo: null })
    expect(world.asked()[1]).toEqual(['survey a b'])
  })

  test('is nothing where there is nothing to do', async () => {
    const world = new World({ f: null }, { f: null })
    expect(await world.order(mkdirAll)).toBeNull()
    expect(world.ordered).toEqual([])
  })

  test('waits until every node has settled what was before it came', async () => {
    const world = new World({}, {})
    let settle = () => {}
    world.tails = new Promise(resolve => {
      settle = resolve
    })
    const ordering = world.order(mkdir)
    await Promise.resolve()
    expect(world.asked()).toEqual([[], []])
    settle()
    expect(await ordering).toMatchObject({ type: 'mkdir' })
  })
})

describe('a refusal', () => {
  test('of a folder’s new name below which something could not be named leaves no trace', async () => {
    const world = new World({ f: null }, { f: null })
    const asked: string[] = []
    world.fits = (from, to) => {
      asked.push(`${from} ${to}`)
      return false
    }
    const what: What = { type: 'rename', from: f, to: b, force: false }
    await expect(world.order(what)).rejects.toMatchObject({ code: 'BAD_PATH' })
    expect(asked).toEqual(['f b'])
    expect(world.ordered).toEqual([])
  })

  test('of the coordinator comes before anybody is asked', async () => {
    const world = new World({}, {})
    world.refusal = new ConcurError('READ_ONLY', 'a flush failed')
    await expect(world.order(mkdir)).rejects.toMatchObject({ code: 'READ_ONLY' })
    expect(world.asked()).toEqual([[], []])
  })

  test('of the coordinator that begins while nodes are asked counts as well', async () => {
    const world = new World({}, {})
    world.nodes[1]!.onSurvey = () => {
      world.refusal = new ConcurError('READ_ONLY', 'a flush failed')
    }
    await expect(world.order(mkdir)).rejects.toMatchObject({ code: 'READ_ONLY' })
    expect(world.ordered).toEqual([])
  })

  test.each<[AckLevel | null, AckLevel, number, boolean]>([
    [null, 'available', 0, true],
    [null, 'quorum', 1, true],
    [null, 'quorum', 0, false],
    [null, 'all', 1, false],
    ['available', 'all', 0, true],
    ['quorum', 'available', 0, false],
    ['all', 'available', 2, true],
  ])(
    'because of too few nodes: asked %s, configured %s, %d others',
    async (ack, configured, others, isTaken) => {
      const world = new World({}, {}, {})
      world.ack = configured
      world.inSync = world.inSync.slice(0, others)
      const ordering = world.order(mkdir, { ack })
      if (isTaken) return expect(await ordering).toMatchObject({ type: 'mkdir' })
      await expect(ordering).rejects.toMatchObject({
        code: 'UNREACHABLE',
        message: expect.stringMatching(`^a: --ack ${ack ?? configured} needs`),
      })
      expect(world.asked()).toEqual([[], [], []])
    },
  )

  test('because a node that is needed is lost while it is asked orders nothing', async () => {
    const world = new World({}, {})
    world.nodes[1]!.onSurvey = () => {
      throw lostError()
    }
    await expect(world.order(mkdir, { ack: 'all' })).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect([world.lost, world.ordered]).toEqual([['server2 UNREACHABLE'], []])
  })

  test('that follows from what nodes hold is told as it is', async () => {
    const world = new World({}, { a: 'A' })
    await expect(world.order(mkdir)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: 'a: there is a file on server2',
    })
    expect(world.ordered).toEqual([])
  })

  test('of the coordinator’s own disk is the change’s', async () => {
    const world = new World({}, {})
    world.nodes[0]!.onSurvey = () => {
      throw new ConcurError('IO_ERROR', 'the disk refuses')
    }
    await expect(world.order(mkdir)).rejects.toMatchObject({ code: 'IO_ERROR' })
    expect(world.lost).toEqual([])
  })

  test('of the journal is told as it is', async () => {
    const world = new World({}, {})
    world.orderFailure = new ConcurError('NO_SPACE', 'the journal could not be written')
    await expect(world.order(mkdir)).rejects.toMatchObject({ code: 'NO_SPACE' })
  })

  test('may come after the order: the ledger is told how few are too few', async () => {
    const world = new World({}, {}, {})
    await world.order(mkdir, { ack: 'quorum' })
    expect([world.tooFew(3), world.tooFew(2)]).toEqual([null, null])
    expect(world.tooFew(1)).toMatch('--ack quorum needs 2 of 3 nodes')
  })
})

describe('a node', () => {
  test('that has not been heard for too long is lost, and not asked', async () => {
    const world = new World({ a: 'A' }, { a: 'B' }, { a: 'C' })
    world.silent = ['server2' as NodeName]
    expect(await world.order(put, { content: 'new' })).toMatchObject({ seen: [digest('A'), digest('C')] })
    expect(world.lost).toEqual(['server2 UNREACHABLE'])
    expect(world.asked().map(({ length }) => length)).toEqual([1, 0, 1])
  })

  test('that cannot be asked is lost, and the others are asked again', async () => {
    const world = new World({ a: 'A' }, { a: 'B' }, { a: 'C' })
    world.nodes[1]!.onSurvey = () => {
      throw new ConcurError('TIMEOUT', 'server2 did not answer')
    }
    expect(await world.order(put, { content: 'new' })).toMatchObject({ seen: [digest('A'), digest('C')] })
    expect(world.lost).toEqual(['server2 TIMEOUT'])
    expect(world.asked().map(({ length }) => length)).toEqual([2, 1, 2])
  })

  test('that joins meanwhile is asked as well', async () => {
    const world = new World({ a: 'A' }, { a: 'B' })
    const [, joiner] = world.nodes
    world.inSync = []
    world.nodes[0]!.onSurvey = () => {
      world.inSync = [joiner!]
    }
    expect(await world.order(put, { content: 'new' })).toMatchObject({ seen: [digest('A'), digest('B')] })
  })

  test('that is lost, and back before all others have answered, is asked again', async () => {
    const world = new World({ a: 'A' }, { a: 'B' }, { a: 'C' })
    const [, second, third] = world.nodes
    second!.onSurvey = time => {
      if (time === 1) throw lostError()
    }
    const survey = third!.survey.bind(third)
    third!.survey = async paths => {
      await turns(3)
      world.inSync = [second!, third!]
      return survey(paths)
    }
    expect(await world.order(put, { content: 'new' })).toMatchObject({
      seen: [digest('A'), digest('B'), digest('C')],
    })
  })

  test('that joins meanwhile and lacks what is there already makes that something to do', async () => {
    const world = new World({ f: null }, {})
    const [self, joiner] = world.nodes
    world.inSync = []
    self!.onSurvey = () => {
      world.inSync = [joiner!]
    }
    expect(await world.order(mkdirAll)).toMatchObject({ type: 'mkdir' })
  })

  test('that leaves meanwhile does not count any more, nor does a refusal because of it', async () => {
    const world = new World({}, {}, { a: 'C' })
    world.nodes[1]!.onSurvey = () => world.leave(world.nodes[2]!.name)
    expect(await world.order(mkdir)).toMatchObject({ type: 'mkdir' })
    expect(world.nodes[0]!.surveys).toBe(2)
  })

  test('that leaves meanwhile takes no bytes of the change with it', async () => {
    const world = new World({}, {}, {})
    world.nodes[1]!.onSurvey = () => world.leave(world.nodes[2]!.name)
    expect(await world.order(put, { content: large })).toMatchObject({ body: { bytes: large.length } })
    expect(world.nodes[0]!.surveys).toBe(2)
    expect(world.liveStages().slice(0, 2)).toEqual([1, 1])
  })

  test('that comes and goes without end hinders no change for ever', async () => {
    const world = new World({ a: 'A' }, { a: 'B' })
    const [self, restless] = world.nodes
    self!.onSurvey = time => {
      world.inSync = time % 2 === 0 ? [restless!] : []
    }
    expect(await world.order(put, { content: 'new' })).toMatchObject({ type: 'put' })
    expect(self!.surveys).toBe(5)
  })
})

describe('an append', () => {
  test('names the file that it extends and the one that it makes', async () => {
    const world = new World({ a: 'one' }, { a: 'one' })
    world.journaled = { a: 'zero' }
    expect(await world.order(append, { content: ' two' })).toEqual({
      ...{ type: 'append', path: a, base: digest('zero'), seen: [digest('one')], offset: 3 },
      ...{ digest: digest('one two'), size: 7, body: { bytes: 4, stage: null } },
    })
    expect(world.ordered[0]!.body).toEqual(Buffer.from(' two'))
  })

  test('of nothing adds nothing', async () => {
    const world = new World({ a: 'one' })
    expect(await world.order(append, { content: '' })).toMatchObject({
      digest: digest('one'),
      offset: 3,
      size: 3,
    })
  })

  test('of bytes that were staged extends the file by those', async () => {
    const world = new World({ a: 'one' }, { a: 'one' })
    const change = await world.order(append, { content: large })
    expect(change).toMatchObject({ digest: digest(`one${large}`), size: 3 + large.length })
    expect(world.liveStages()).toEqual([1, 1])
  })

  test('to a file that moves is decided anew', async () => {
    const world = new World({ a: 'one' })
    let times = 0
    world.onExtended = () => {
      if (times++ > 0) return
      world.nodes[0]!.contents.a = 'another'
      throw new ConcurError('CHANGED', 'a is not that content any more')
    }
    expect(await world.order(append, { content: '!' })).toMatchObject({
      seen: [digest('another')],
      offset: 7,
    })
  })

  test('to a file that never stops moving is refused as that', async () => {
    const world = new World({ a: 'one' })
    world.onExtended = () => {
      throw new ConcurError('CHANGED', 'a is not that content any more')
    }
    await expect(world.order(append, { content: '!' })).rejects.toMatchObject({ code: 'CHANGED' })
    expect(world.nodes[0]!.surveys).toBe(5)
    expect(world.ordered).toEqual([])
  })

  test('whose base cannot be read is refused at once', async () => {
    const world = new World({ a: 'one' })
    world.onExtended = () => {
      throw new ConcurError('IO_ERROR', 'a cannot be read')
    }
    await expect(world.order(append, { content: '!' })).rejects.toMatchObject({ code: 'IO_ERROR' })
    expect(world.nodes[0]!.surveys).toBe(1)
  })

  test('to a file that only others have needs one base here', async () => {
    const world = new World({}, { a: 'one' })
    await expect(world.order(append, { content: '!' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: "a: the coordinator's copy lacks it; an append needs one base",
    })
  })
})

test('bytes of a change that is refused are left to whoever received them', async () => {
  const world = new World({ a: null }, { a: null })
  await expect(world.order(put, { content: large })).rejects.toMatchObject({ code: 'IS_DIRECTORY' })
  expect(world.liveStages()).toEqual([1, 1])
})

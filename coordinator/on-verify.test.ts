import { RecordedLog } from '../fixtures/cluster-node.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { atRest } from '../fixtures/scripted-motion.ts'
import { type Contents, fileEntry, nodeOf, pagesOf, ScriptedNode, sumOf } from '../fixtures/scripted-node.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import { type FilePath, type FolderPath, parsePath, wholeTree } from '../protocol/path.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import { bucketOf, type TreeSum } from '../protocol/tree-sum.ts'
import type { SumOptions } from '../replica/store/store.ts'
import type { Node } from './node.ts'
import { onVerify } from './on-verify.ts'

let time: FakeTime
let log: RecordedLog
let served: Served

/** When all of it was compared byte for byte. */
let deep: number[]

async function serveVerify(nodes: readonly Node[]): Promise<void> {
  time = new FakeTime()
  deep = []
  log = new RecordedLog()
  const context = { client: null, clock: time, timers: time, log, reports: new ProgressReports(time) }
  served = await serve(time, (request, stream) => {
    if (request.opcode === 'VERIFY')
      onVerify({ nodes, motion: atRest, onDeep: ms => deep.push(ms) }, request.body, { ...context, stream })
  })
}

async function verify(nodes: readonly Node[], { path = wholeTree as FolderPath, deep = false } = {}) {
  await serveVerify(nodes)
  const answer = await served.peer.ask('VERIFY', { path, deep }).ended()
  const marks = answer.all('ROWS').flatMap(({ rows }) => rows.map(({ mark, path }) => `${mark} ${path}`))
  return { answer, marks, verified: answer.all('VERIFIED')[0] }
}

afterEach(() => served.close())

const tree: Contents = { a: 'x', b: 'y', folder: null, 'folder/c': 'z' }
const askedOf = (nodes: readonly ScriptedNode[]) => nodes.map(({ asked }) => asked)

/** A node that answers in its own way when it is asked for its sums. */
function summing(
  name: string,
  sum: (folder: FolderPath, options: SumOptions) => Promise<TreeSum>,
  contents: Contents = tree,
): ScriptedNode {
  const node = nodeOf(name, contents)
  node.sum = (folder, options) => {
    node.asked.push(`sum ${folder}`)
    return sum(folder, options)
  }
  return node
}
/** Pages that do not come. */
const refusing = (error: Error): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
})
const lost = new ConcurError('UNREACHABLE', 'server2 did not answer within 2 s')
const failing = (error: Error) => summing('server2', () => Promise.reject(error))

describe('copies that are the same', () => {
  test('are compared by their sums, and no node is asked for more', async () => {
    const nodes = ['server1', 'server2', 'server3'].map(name => nodeOf(name, tree))
    const { marks, verified } = await verify(nodes)
    expect(marks).toEqual([])
    expect(verified).toEqual({
      files: 3,
      bytes: 3,
      nodes: ['server1', 'server2', 'server3'],
      unreachable: [],
    })
    expect(askedOf(nodes)).toEqual(Array(3).fill(['sum ']))
  })

  test('are so where there is but one node, or nothing at all', async () => {
    expect((await verify([nodeOf('server1', tree)])).verified).toMatchObject({ files: 3 })
    expect((await verify([nodeOf('server1', {}), nodeOf('server2', {})])).verified).toMatchObject({
      files: 0,
    })
  })

  test('every node is told whether all bytes have to be read', async () => {
    const deeply: unknown[] = []
    const nodes = ['server1', 'server2'].map(name =>
      summing(name, async (folder, { deep }) => {
        deeply.push([folder, deep])
        return sumOf([])
      }),
    )
    const path = parsePath('folder')
    await verify(nodes, { path, deep: true })
    expect(deeply).toEqual([
      ['folder', true],
      ['folder', true],
    ])
  })
})

describe('that every byte was compared', () => {
  test('is noted for the whole tree, whatever differs, and links have no bytes', async () => {
    const nodes = ['x', 'y'].map((a, at) => nodeOf(`server${at + 1}`, { a }, { links: ['link'] }))
    expect((await verify(nodes, { deep: true })).marks).toEqual(['* a', '! link'])
    expect(deep).toEqual([time.nowMs()])
  })

  test('is not noted where digests were enough, or only a folder was compared', async () => {
    const nodes = ['server1', 'server2'].map(name => nodeOf(name, tree))
    await verify(nodes)
    expect(deep).toEqual([])
    await verify(nodes, { path: parsePath('folder'), deep: true })
    expect(deep).toEqual([])
  })

  test('is not noted where a copy could not be read', async () => {
    const unreadable = new ScriptedNode('server2', {
      look: () => ({ node: 'server2' as NodeName, copy: null, reason: 'could not say: EIO' }),
      walk: () => pagesOf([fileEntry('a', 'x', { knows: false })], 1),
      sum: async () => sumOf([]),
    })
    const { marks, verified } = await verify([nodeOf('server1', { a: 'x' }), unreadable], { deep: true })
    expect(marks).toEqual(['! a'])
    expect(verified!.unreachable).toEqual([])
    expect(deep).toEqual([])
  })
})

describe('copies that are not', () => {
  test('have a row each, and only their buckets are walked', async () => {
    const other = { a: 'x', b: 'Y', 'folder/d': 'w' }
    const nodes = [nodeOf('server1', tree), nodeOf('server2', other)]
    const { marks, verified } = await verify(nodes)
    expect(marks).toEqual(['* b', '+ folder', '+ folder/c', '- folder/d'])
    expect(verified).toMatchObject({ files: 4, bytes: 4, unreachable: [] })
    expect(askedOf(nodes)).toEqual(Array(2).fill(['sum ', 'walk ']))
  })

  test('have no row for what shares a bucket with them and is the same', async () => {
    const names = Array.from({ length: 20_000 }, (_, at) => `n${at}`).sort()
    const many = Object.fromEntries(names.map(name => [name, 'x']))
    const shared = names.filter(name => bucketOf(name as FilePath) === bucketOf('n7' as FilePath))
    expect(shared.length).toBeGreaterThan(1)
    const nodes = [nodeOf('server1', many), nodeOf('server2', { ...many, n7: 'y' })]
    const { marks, verified } = await verify(nodes)
    expect(marks).toEqual(['* n7'])
    expect(verified).toMatchObject({ files: 20_000, bytes: 20_000 })
  })

  test('are ! where something is that cannot be compared, though it is so on every node', async () => {
    const nodes = ['server1', 'server2'].map(name => nodeOf(name, tree, { links: ['link'] }))
    expect((await verify(nodes)).marks).toEqual(['! link'])
  })
})

describe('a folder that a node lacks', () => {
  const path = parsePath('folder')
  const notThere = new ConcurError('NOT_FOUND', 'server2: folder is not there')
  const lacking = (name: string) =>
    new ScriptedNode(name, { sum: () => Promise.reject(notThere), walk: () => refusing(notThere) })

  test('has a row of its own, and one for all that is below', async () => {
    const nodes = [nodeOf('server1', { 'folder/c': 'z' }), lacking('server2')]
    const { marks, verified } = await verify(nodes, { path })
    expect(marks).toEqual(['+ folder', '+ folder/c'])
    expect(verified).toMatchObject({ files: 1, unreachable: [] })
    expect((await verify([nodeOf('server1', {}), lacking('server2')], { path })).marks).toEqual(['+ folder'])
  })

  test('is NOT_FOUND where every node lacks it', async () => {
    const { answer } = await verify([lacking('server1'), lacking('server2')], { path })
    expect(answer.error).toMatchObject({ code: 'NOT_FOUND', message: 'not on server1, not on server2' })
    expect(log.all('request')).toMatchObject([{ op: 'verify', path: 'folder', code: 'NOT_FOUND' }])
  })
})

describe('a node that does not give its sums', () => {
  test('is compared row by row where its walk still comes', async () => {
    const nodes = [nodeOf('server1', { ...tree, a: 'X' }), failing(new ConcurError('IO_ERROR', 'no'))]
    const { marks, verified } = await verify(nodes)
    expect(marks).toEqual(['* a'])
    expect(verified).toMatchObject({ files: 3, unreachable: [] })
  })

  test('makes everything ! where its walk fails too, and is named', async () => {
    const node = failing(lost)
    node.walk = () => refusing(lost)
    const { marks, verified } = await verify([nodeOf('server1', tree), node])
    expect(marks).toEqual(['! a', '! b', '! folder', '! folder/c'])
    expect(verified!.unreachable).toEqual([
      { node: 'server2', reason: 'did not answer within 2 s', behindOps: null },
    ])
  })

  test('is not compared at all where every byte was to be read: its walk reads none', async () => {
    const node = failing(lost)
    const { marks, verified } = await verify([nodeOf('server1', tree), node], { deep: true })
    expect(marks).toEqual(['! a', '! b', '! folder', '! folder/c'])
    expect(verified!.unreachable).toMatchObject([{ node: 'server2', reason: 'did not answer within 2 s' }])
    expect(node.asked).toEqual(['sum '])
  })
})

test('says how far all nodes together are', async () => {
  const tell: ((bytesDone: number, bytesTotal: number) => void)[] = []
  const finish: (() => void)[] = []
  const nodes = ['server1', 'server2'].map(name =>
    summing(name, (_, { onProgress }) => {
      tell.push(onProgress)
      return new Promise(resolve => finish.push(() => resolve(sumOf([fileEntry('a', 'x')]))))
    }),
  )
  await serveVerify(nodes)
  const answer = served.peer.ask('VERIFY', { path: wholeTree, deep: true })
  await until(() => tell.length === 2, 'both questions')
  tell[0]!(10, 100)
  tell[1]!(5, 50)
  await time.pass(1_200)
  expect(answer.all('PROGRESS').at(-1)).toEqual({ node: null, bytesDone: 15, bytesTotal: 150 })
  for (const end of finish) end()
  await answer.ended()
})

test('what its client does not want any more is called off on every node', async () => {
  const signals: AbortSignal[] = []
  const nodes = ['server1', 'server2'].map(name =>
    summing(name, (_, { signal }) => {
      signals.push(signal)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(lost)))
    }),
  )
  await serveVerify(nodes)
  const answer = served.peer.ask('VERIFY', { path: wholeTree, deep: false })
  await until(() => signals.length === 2, 'both questions')
  answer.stream.cancel()
  await until(() => signals.every(({ aborted }) => aborted), 'the end of both')
  await turns(5)
  expect(askedOf(nodes)).toEqual([['sum '], ['sum ']])
})

test('ends with one line in the log', async () => {
  await verify([nodeOf('server1', tree)])
  expect(log.all('request')).toEqual([
    { client: null, op: 'verify', path: '', verdict: 'verified', ms: expect.any(Number) },
  ])
})

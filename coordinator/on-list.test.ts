import { RecordedLog } from '../fixtures/cluster-node.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { atRest } from '../fixtures/scripted-motion.ts'
import { fileCopy, fileEntry, pagesOf, ScriptedNode } from '../fixtures/scripted-node.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import type { Copy } from '../protocol/copies.ts'
import { frameBodyBytesMax, nodesMax, streamCreditBytes } from '../protocol/limits.ts'
import type { Entry } from '../protocol/messages.ts'
import { wholeTree } from '../protocol/path.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import type { NodeAnswer } from '../protocol/verdict.ts'
import type { Node } from './node.ts'
import { onList } from './on-list.ts'

const everything = { path: wholeTree, recursive: true, compare: true }

describe('a listing', () => {
  let time: FakeTime
  let log: RecordedLog
  let served: Served

  async function serveList(nodes: readonly Node[]): Promise<void> {
    time = new FakeTime()
    log = new RecordedLog()
    const context = { client: null, clock: time, timers: time, log, reports: new ProgressReports(time) }
    served = await serve(time, (request, stream) => {
      if (request.opcode === 'LIST') onList({ nodes, motion: atRest }, request.body, { ...context, stream })
    })
  }

  async function list(nodes: readonly Node[], request = everything) {
    await serveList(nodes)
    const answer = await served.peer.ask('LIST', request).ended()
    const rows = answer.all('ROWS').flatMap(({ rows }) => rows)
    return { answer, rows, marks: rows.map(({ mark, path }) => `${mark} ${path}`) }
  }

  /** Copies whose digests are not known until they are asked for. */
  const unknown = (
    name: string,
    contents: Record<string, string>,
    look?: (path: string) => NodeAnswer | Promise<NodeAnswer>,
  ) => {
    const entries = Object.entries(contents).map(([path, content]) =>
      fileEntry(path, content, { knows: false }),
    )
    const node: ScriptedNode = new ScriptedNode(name, {
      walk: () => pagesOf(entries, 100),
      look: path => look?.(path) ?? { node: node.name, copy: fileCopy(contents[path]!) },
    })
    return node
  }
  const known = (name: string, entries: readonly Entry[]) =>
    new ScriptedNode(name, { walk: () => pagesOf(entries, 100) })

  afterEach(() => served.close())

  test('asks for bytes only where size and type leave it open', async () => {
    const nodes = [
      unknown('server1', { alone: 'x', longer: 'xxx', same: 'x', unlike: 'x' }),
      unknown('server2', { longer: 'x', same: 'x', unlike: 'y' }),
    ]
    const { marks } = await list(nodes)
    expect(marks).toEqual(['+ alone', '* longer', '= same', '* unlike'])
    expect(nodes.map(({ asked }) => asked)).toEqual(Array(2).fill(['walk ', 'look same', 'look unlike']))
  })

  test('asks only those whose digest is not known', async () => {
    const nodes = [
      known('server1', [fileEntry('a', 'x')]),
      unknown('server2', { a: 'x' }),
      known('server3', []),
    ]
    expect((await list(nodes)).marks).toEqual(['+ a'])
    expect(nodes.map(({ asked }) => asked.length)).toEqual([1, 2, 1])
  })

  test('without a comparison asks for nothing and marks nothing', async () => {
    const nodes = [unknown('server1', { a: 'x' }), unknown('server2', { a: 'y' })]
    const { rows } = await list(nodes, { ...everything, compare: false })
    expect(rows.map(({ mark }) => mark)).toEqual([null])
    expect(nodes.map(({ asked }) => asked)).toEqual([['walk '], ['walk ']])
  })

  test('a row has size, type and digest of the first holder, no digest where they deviate, and every node', async () => {
    const nodes = [
      known('server1', []),
      known('server2', [fileEntry('a', 'x'), fileEntry('b', 'x')]),
      known('server3', [fileEntry('b', 'y')]),
    ]
    const { rows } = await list(nodes)
    const { digest } = fileCopy('x')
    expect(rows.map(row => [row.path, row.type, row.size, row.digest])).toEqual([
      ['a', 'file', 1, digest],
      ['b', 'file', 1, null],
    ])
    expect(rows[1]!.nodes.map(({ node, copy }) => [node, copy?.digest ?? null])).toEqual([
      ['server1', null],
      ['server2', digest],
      ['server3', fileCopy('y').digest],
    ])
  })

  test.each<[string, Copy | null, string]>([
    ['vanishes', { is: 'absent' }, '+'],
    ['becomes a folder', { is: 'folder' }, '*'],
    ['becomes a link', { is: 'other', what: 'link' }, '*'],
    ['cannot be read', { is: 'unreadable', reason: 'no' }, '!'],
    ['cannot be asked for', null, '!'],
    ['changes', fileCopy('other'), '*'],
  ])('a file that %s while the list is made', async (_, copy, mark) => {
    const look = (): NodeAnswer =>
      copy === null ? { node: 'server2' as never, copy, reason: 'lost' } : { node: 'server2' as never, copy }
    expect(
      (await list([unknown('server1', { a: 'x' }), unknown('server2', { a: 'x' }, look)])).marks,
    ).toEqual([`${mark} a`])
  })

  test('keeps its order while some files take long, and works ahead on a bounded number of them', async () => {
    const names = Array.from({ length: 100 }, (_, at) => `file${String(at).padStart(3, '0')}`)
    const contents = Object.fromEntries(names.map(name => [name, 'x']))
    const waiting: ((answer: NodeAnswer) => void)[] = []
    const slow = unknown('server2', contents, () => new Promise(resolve => waiting.push(resolve)))
    await serveList([unknown('server1', contents), slow])
    const answer = served.peer.ask('LIST', everything)
    await turns(100)
    expect(waiting.length).toBeGreaterThan(8)
    expect(waiting.length).toBeLessThanOrEqual(33)
    await time.pass(1_000)
    expect(answer.all('ROWS')).toEqual([])
    expect(answer.all('PROGRESS').length).toBeGreaterThan(0)
    while (!answer.isFinished) {
      // The last that was asked for is the first to be known.
      waiting.pop()?.({ node: slow.name, copy: fileCopy('x') })
      await turns(1)
    }
    expect(answer.all('ROWS').flatMap(({ rows }) => rows.map(({ path }) => path))).toEqual(names)
  })

  test('what is known goes to the client although a file behind it takes long', async () => {
    const slow = unknown('server2', { b: 'x' }, () => new Promise(() => {}))
    await serveList([known('server1', [fileEntry('a', 'x'), fileEntry('b', 'x')]), slow])
    const answer = served.peer.ask('LIST', everything)
    await answer.until(() => answer.all('ROWS').length === 1, 'a page')
    expect(answer.all('ROWS')[0]!.rows.map(({ path }) => path)).toEqual(['a'])
  })

  test('fits into frames with the longest paths, on as many nodes as there can be', async () => {
    const paths = Array.from(
      { length: 40 },
      (_, at) => `${`${'é'.repeat(127)}x/`.repeat(15)}${String(at).padStart(255, 'f')}`,
    )
    expect(paths.every(path => Buffer.byteLength(path) === 4095)).toBe(true)
    const entries = paths.map(path => fileEntry(path, 'x'))
    const names = Array.from({ length: nodesMax }, (_, at) => `node-${at}`.padEnd(32, '-'))
    const { answer, rows } = await list(names.map(name => known(name, entries)))
    expect(answer.error).toBe(null)
    expect(rows.map(({ path }) => path)).toEqual(paths)
    expect(rows.every(({ mark, nodes }) => mark === '=' && nodes.length === nodesMax)).toBe(true)
    expect(answer.bytesHeard / answer.all('ROWS').length).toBeLessThan(frameBodyBytesMax)
  })

  test('that nobody wants any more asks no node for more, however much there is', async () => {
    let given = 0
    let isOver = false
    async function* walk() {
      try {
        for (;;) yield [fileEntry(`${'p'.repeat(200)}${String(given++).padStart(9, '0')}`, 'x')]
      } finally {
        isOver = true
      }
    }
    await serveList([new ScriptedNode('server1', { walk })])
    const answer = served.peer.ask('LIST', everything, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > streamCreditBytes / 2, 'half the credit')
    answer.stream.cancel()
    await until(() => isOver, 'the end of the walk')
    expect(log.all('request')).toHaveLength(1)
  })

  test('ends with one line in the log, and with the code when it failed', async () => {
    await list([known('server1', [])])
    expect(log.all('request')).toEqual([
      { client: null, op: 'ls', path: '', verdict: 'listed', ms: expect.any(Number) },
    ])
    const { answer } = await list([new ScriptedNode('server1', {})])
    expect(answer.error?.code).toBe('INTERNAL')
    expect(log.all('request')).toMatchObject([{ code: 'INTERNAL' }])
  })
})

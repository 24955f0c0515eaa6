/** Rows of a listing while changes are under way, on nodes and positions of a test's making. */

import { atRest } from '../fixtures/scripted-motion.ts'
import { fileCopy, ScriptedNode } from '../fixtures/scripted-node.ts'
import type { Copy, JournaledAt } from '../protocol/copies.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Lag } from '../protocol/journaled.ts'
import type { Row } from '../protocol/messages.ts'
import type { FilePath } from '../protocol/path.ts'
import { ComparedRows, type Motion } from './compared-rows.ts'
import type { Held } from './mark.ts'
import type { LookOptions } from './node.ts'

const here = { escaped: false, path: 'a' as FilePath } as const
const [x, y] = [fileCopy('x'), fileCopy('y')]
const held = ({ digest, size, mtimeMs }: typeof x): Held => ({ type: 'file', digest, size, mtimeMs })
const folder: Held = { type: 'folder', digest: null, size: 0, mtimeMs: 77 }

const latest: JournaledAt = { pathSeq: 9, made: 'file', journaled: x.digest }
const older: JournaledAt = { pathSeq: 5, made: 'file', journaled: y.digest }
const moving: Lag = { behindOps: 3, isMoving: true }

type Said = readonly [Copy, JournaledAt?] | 'lost'

/** A node that says these things at a path, one after the other, the last one for ever. */
function saying(name: string, ...said: Said[]): ScriptedNode & { readonly how: LookOptions[] } {
  const how: LookOptions[] = []
  const look = (_: FilePath, options: LookOptions) => {
    how.push(options)
    const one = said.length > 1 ? said.shift()! : said[0]!
    const node = name as NodeName
    if (one === 'lost') return { node, copy: null, reason: 'lost' }
    return { node, copy: one[0], ...(one[1] === undefined ? {} : { at: one[1] }) }
  }
  return Object.assign(new ScriptedNode(name, { look }), { how })
}

function rowsOf(nodes: readonly ScriptedNode[], motion: Partial<Motion> = {}) {
  return new ComparedRows({ nodes, motion: { ...atRest, ...motion }, onProgress: () => {} })
}

/** Changes are under way, and server2 is catching up. */
const underWay: Partial<Motion> = {
  restingSeq: () => null,
  lags: () => new Map([['server2' as NodeName, moving]]),
}

const askedOf = (nodes: readonly ScriptedNode[]) => nodes.map(({ asked }) => asked.length)

describe('while nothing is under way', () => {
  test.each([
    ['*', held(y)],
    ['+', null],
    ['=', held(x)],
  ])('a row is marked %s by what the walks gave, and nobody is asked again', (mark, other) => {
    const nodes = [saying('server1', [x]), saying('server2', [x])]
    expect(rowsOf(nodes).rowOf({ ...here, held: [held(x), other] })).toMatchObject({ mark })
    expect(askedOf(nodes)).toEqual([0, 0])
  })
})

test('what no node can read is a row all the same', async () => {
  const unreadable: Copy = { is: 'unreadable', reason: 'no' }
  const nodes = [saying('server1', [unreadable]), saying('server2', [unreadable])]
  const unknown: Held = { type: 'file', digest: null, size: 1, mtimeMs: 0 }
  const row = await rowsOf(nodes).rowOf({ ...here, held: [unknown, unknown] })
  expect(row).toMatchObject({ ...here, type: 'file', mark: '!', size: 0, digest: null })
})

describe('while changes are under way', () => {
  test('rows that are the same, or not compared, ask nobody', () => {
    const nodes = [saying('server1', [x]), saying('server2', [x])]
    const rows = rowsOf(nodes, underWay)
    expect(rows.rowOf({ ...here, held: [held(x), held(x)] })).toMatchObject({ mark: '=' })
    expect(rows.rowOf({ ...here, held: [held(x), 'not compared'] })).toMatchObject({ mark: '!' })
    expect(askedOf(nodes)).toEqual([0, 0])
  })

  test('a copy that was a moment late is the same when it is asked again', async () => {
    const nodes = [saying('server1', [x, latest]), saying('server2', [x, latest])]
    const row = await rowsOf(nodes, underWay).rowOf({ ...here, held: [held(x), held(y)] })
    expect(row).toMatchObject({ mark: '=', digest: x.digest })
    expect(row!.nodes.map(({ copy }) => copy?.digest)).toEqual([x.digest, x.digest])
  })

  test('a copy that is only behind is ~, with what it holds', async () => {
    const nodes = [saying('server1', [x, latest]), saying('server2', [y, older])]
    const row = await rowsOf(nodes, underWay).rowOf({ ...here, held: [held(x), held(y)] })
    expect(row).toMatchObject({ mark: '~', digest: x.digest, size: 1 })
    expect(row!.nodes.map(({ copy }) => copy?.digest)).toEqual([x.digest, y.digest])
  })

  test('a leftover of a node that is only behind is ~, and has no digest that counts', async () => {
    const nodes = [
      saying('server1', [{ is: 'absent' }, { pathSeq: 9, made: 'absent', journaled: null }]),
      saying('server2', [y, older]),
    ]
    const rows = rowsOf(nodes, underWay)
    expect(await rows.rowOf({ ...here, held: [null, held(y)] })).toMatchObject({
      mark: '~',
      digest: null,
      size: 1,
    })
  })

  test('a copy that was edited stays *', async () => {
    const nodes = [saying('server1', [x, latest]), saying('server2', [fileCopy('edited'), older])]
    expect(await rowsOf(nodes, underWay).rowOf({ ...here, held: [held(x), held(y)] })).toMatchObject({
      mark: '*',
    })
  })

  test('what nobody holds any more is no row', async () => {
    const nodes = [saying('server1', [{ is: 'absent' }]), saying('server2', [{ is: 'absent' }])]
    expect(await rowsOf(nodes, underWay).rowOf({ ...here, held: [held(x), null] })).toBe(null)
  })

  test('what is gone is a row as long as a node was not compared', async () => {
    const gone = [saying('server1', [{ is: 'absent' }]), saying('server2', [{ is: 'absent' }])]
    const nodes = [...gone, saying('server3', [x])]
    const row = await rowsOf(nodes, underWay).rowOf({ ...here, held: [held(x), held(y), 'not compared'] })
    expect(row).toMatchObject({ ...here, mark: '!', nodes: [{ copy: null }, { copy: null }, { copy: null }] })
  })

  test('a folder keeps its time, which a look does not tell', async () => {
    const nodes = [saying('server1', [{ is: 'folder' }]), saying('server2', [{ is: 'absent' }])]
    const row = await rowsOf(nodes, underWay).rowOf({ ...here, held: [folder, null] })
    expect([row!.mark, row!.nodes[0]!.copy]).toEqual(['+', folder])
  })

  test('a node that is lost meanwhile, or was not compared, does not count as agreeing', async () => {
    const nodes = [saying('server1', [x]), saying('server2', 'lost'), saying('server3', [x])]
    const row = await rowsOf(nodes, underWay).rowOf({ ...here, held: [held(x), held(y), 'not compared'] })
    expect(row).toMatchObject({ mark: '!' })
    expect(askedOf(nodes)).toEqual([1, 1, 0])
  })

  test('each node is asked once it has settled what it has to', async () => {
    const nodes = [saying('server1', [x, latest]), saying('server2', [x, latest])]
    const settledSeqFor = (node: NodeName) => (node === 'server1' ? 9 : undefined)
    await rowsOf(nodes, { ...underWay, settledSeqFor }).rowOf({ ...here, held: [held(x), held(y)] })
    expect(nodes.map(({ how }) => how.map(({ settledSeq, deep }) => [settledSeq, deep]))).toEqual([
      [[9, false]],
      [[undefined, false]],
    ])
  })

  test('all are asked once more where a change of the path came meanwhile, and not a third time', async () => {
    const nodes = [saying('server1', [x, latest]), saying('server2', [y, older], [x, latest])]
    let seq = 5
    const settledSeqFor = () => seq++
    const row = await rowsOf(nodes, { ...underWay, settledSeqFor }).rowOf({
      ...here,
      held: [held(x), held(y)],
    })
    expect([row!.mark, askedOf(nodes)]).toEqual(['=', [2, 2]])
  })

  test('a node that has caught up between its answer and the judgement counts as behind all the same', async () => {
    const nodes = [saying('server1', [x, latest]), saying('server2', [y, older])]
    let isBehind = true
    const lags = () => {
      const known = isBehind ? new Map([['server2' as NodeName, moving]]) : new Map<NodeName, Lag>()
      isBehind = false
      return known
    }
    expect(
      await rowsOf(nodes, { ...underWay, lags }).rowOf({ ...here, held: [held(x), held(y)] }),
    ).toMatchObject({
      mark: '~',
    })
  })
})

test.each<[string, readonly (number | null)[], number]>([
  ['something was under way when the walk began', [null, 5], 1],
  ['something was ordered since', [5, 6], 1],
  ['something is under way', [5, null], 1],
  ['everything rests where it did', [5, 5], 0],
])('whether nodes are asked again: %s', async (_, seqs, times) => {
  const nodes = [saying('server1', [x]), saying('server2', [y])]
  const left = [...seqs]
  const rows = rowsOf(nodes, { restingSeq: () => left.shift()! })
  const row: Row | null = await rows.rowOf({ ...here, held: [held(x), held(y)] })
  expect([row!.mark, askedOf(nodes)]).toEqual(['*', [times, times]])
})

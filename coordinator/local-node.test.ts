import { writeFileSync } from 'node:fs'
import { turns } from '../fixtures/fake-time.ts'
import { until } from '../fixtures/until.ts'
import { digestOf } from '../protocol/digest.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import { type FilePath, wholeTree } from '../protocol/path.ts'
import type { NodeAnswer } from '../protocol/verdict.ts'
import { journalOnly, put } from '../replica/store/changes.fixture.ts'
import { openTemporaryStore, type TemporaryStore } from '../replica/store/store.fixture.ts'
import type { Store } from '../replica/store/store.ts'
import { LocalNode } from './local-node.ts'

const name = 'server1' as NodeName
const path = 'a.txt' as FilePath
const options = { deep: false, onProgress() {} }
let temporary: TemporaryStore
let node: LocalNode

beforeEach(async () => {
  temporary = await openTemporaryStore()
  node = new LocalNode({ name, store: temporary.store })
  writeFileSync(`${temporary.root}/a.txt`, 'x')
})

afterEach(() => temporary.remove())

test('a small file is answered at once, a large one with a promise', async () => {
  const { digest } = digestOf(Buffer.from('x'))
  expect(node.look(path, options)).toMatchObject({ node: 'server1', copy: { is: 'file', size: 1, digest } })
  writeFileSync(`${temporary.root}/large`, Buffer.alloc(100_000))
  const answer = node.look('large' as FilePath, options)
  expect(answer).toBeInstanceOf(Promise)
  expect(await answer).toMatchObject({ node: 'server1', copy: { is: 'file', size: 100_000 } })
})

test.each([
  [
    'a failure of its own',
    new Error('the hasher is closed'),
    'could not say: an error inside the program; its log has the cause',
  ],
  [
    'a refusal',
    new ConcurError('INTERNAL', 'the server is stopping'),
    'could not say: the server is stopping',
  ],
])('%s is an answer without a copy, at once or later', async (_, error, reason) => {
  const failing = (look: Store['look']): LocalNode =>
    new LocalNode({ name, store: { lookAt: look } as unknown as Store })
  const expected = { node: 'server1', copy: null, reason }
  expect(await failing(() => Promise.reject(error)).look(path, options)).toEqual(expected)
  const thrown = failing(() => {
    throw error
  })
  expect(thrown.look(path, options)).toEqual(expected)
})

describe('a look that waits for a record', () => {
  /** Who is told what is settled. */
  let listeners: number
  let callOff: () => void
  let answer: NodeAnswer | null

  beforeEach(async () => {
    const { settler } = temporary.store
    await journalOnly(temporary.store, put('b', 'B'), put('a', 'A'))
    const listen = settler.listen.bind(settler)
    listeners = 0
    settler.listen = listener => {
      listeners++
      const stop = listen(listener)
      return () => {
        listeners--
        stop()
      }
    }
    answer = null
    const onWaiting = (how: () => void) => {
      callOff = how
    }
    void Promise.resolve(node.look('a' as FilePath, { ...options, settledSeq: 2, onWaiting })).then(found => {
      answer = found
    })
  })

  test('answers when that is settled, and not before', async () => {
    temporary.store.settler.commit(1)
    await temporary.store.settler.settled(1)
    await turns(20)
    expect([answer, listeners]).toEqual([null, 1])
    temporary.store.settler.commit(2)
    await until(() => answer !== null, 'the answer')
    expect(answer).toMatchObject({ copy: { is: 'file', size: 1 }, at: { pathSeq: 2 } })
    expect(listeners).toBe(0)
  })

  test('waits no more, and never answers, when it is called off', async () => {
    callOff()
    expect(listeners).toBe(0)
    temporary.store.settler.commit(2)
    await temporary.store.settler.settled(2)
    await turns(20)
    expect(answer).toBeNull()
  })

  test('of a record that is settled already answers at once', async () => {
    temporary.store.settler.commit(2)
    await temporary.store.settler.settled(2)
    const waited: (() => void)[] = []
    const onWaiting = (how: () => void) => void waited.push(how)
    const found = node.look('a' as FilePath, { ...options, settledSeq: 2, onWaiting })
    expect(found).toMatchObject({ copy: { is: 'file' } })
    expect(waited).toEqual([])
  })
})

test('a body is poured whole, and its file closed', async () => {
  const poured: string[] = []
  const { digest } = digestOf(Buffer.from('x'))
  await node.pour(path, digest, {
    closed: false,
    begin: size => poured.push(`begin ${size}`),
    piece: async (opcode, bytes) => void poured.push(`${opcode} ${bytes.length}`),
  })
  expect(poured).toEqual(['begin 1', 'DIGESTS 32', 'CHUNK 1'])
})

test('a content that is not there any more is refused before anything is poured', async () => {
  const { digest } = digestOf(Buffer.from('y'))
  const sink = { closed: false, begin: () => fail('begun'), piece: async () => fail('poured') }
  await expect(node.pour(path, digest, sink)).rejects.toMatchObject({ code: 'CHANGED' })
})

test('its tree is walked', async () => {
  const paths: string[] = []
  for await (const page of node.walk(wholeTree, true)) for (const entry of page) paths.push(entry.path)
  expect(paths).toContain('a.txt')
})

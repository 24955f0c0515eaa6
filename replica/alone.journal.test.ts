/** What a replica without its coordinator says from its journal. */
import type { Answer } from '../fixtures/raw-peer.ts'
import { type ServedAlone, serveAlone } from '../fixtures/served-alone.ts'
import type { Incarnation, NodeName } from '../protocol/ids.ts'
import type { LogRequest } from '../protocol/messages.ts'
import { type FilePath, wholeTree } from '../protocol/path.ts'
import { journalOnly, mkdir, type Ordered, put, rename, settle } from './store/changes.fixture.ts'

const members = ['server1', 'server2'] as NodeName[]

let alone: ServedAlone

afterEach(() => alone.remove())

/** A node that has settled these. */
async function serveSettled(...ordered: Ordered[]): Promise<void> {
  alone = await serveAlone(members, async store => ordered.length > 0 && settle(store, ...ordered))
}

function log(options: Partial<LogRequest> = {}, path = ''): Promise<Answer> {
  const folder = path === '' ? wholeTree : (path as FilePath)
  const asked = { path: folder, sinceSeq: null, last: null, follow: false, ...options }
  return alone.peer.ask('LOG', asked).ended()
}

const told = (answer: Answer): string[] =>
  answer.all('LOGGED').flatMap(({ operations }) => operations.map(({ type, path }) => `${type} ${path}`))

describe('the log', () => {
  test('is what this node has settled, and nothing that it has only in its journal', async () => {
    alone = await serveAlone(members, async store => {
      await settle(store, put('a', 'a'), mkdir('f'), rename('a', 'f/b', { base: 'a' }))
      await journalOnly(store, put('later', 'x'))
    })
    const answer = await log()
    expect(told(answer)).toEqual(['put a', 'mkdir f', 'rename f/b'])
    expect(answer.all('LOGGED').at(-1)).toEqual({ operations: [] })
  })

  test('is of a path, since a record, or the last few', async () => {
    await serveSettled(put('a', 'a'), mkdir('f'), rename('a', 'f/b', { base: 'a' }))
    expect(told(await log({ last: 1 }))).toEqual(['rename f/b'])
    expect(told(await log({ sinceSeq: 1 }, 'f'))).toEqual(['mkdir f', 'rename f/b'])
    expect(told(await log({}, 'a'))).toEqual(['put a', 'rename f/b'])
    expect(alone.log.all('request').at(-1)).toMatchObject({ op: 'log', path: 'a', verdict: 'logged' })
  })

  test('has nothing that was abandoned', async () => {
    const abandoned: Ordered = { change: { type: 'abandoned', abandonedSeq: 2, reason: 'no' }, body: null }
    await serveSettled(put('a', 'a'), put('never', 'x'), abandoned, put('b', 'b'))
    expect(told(await log())).toEqual(['put a', 'put b'])
  })

  test('of a node that has settled nothing is empty', async () => {
    await serveSettled()
    expect(told(await log())).toEqual([])
  })

  test('that is followed tells what there is, and then that the coordinator cannot be reached', async () => {
    await serveSettled(put('a', 'a'))
    const answer = await log({ follow: true })
    expect(told(answer)).toEqual(['put a'])
    expect(answer.error).toMatchObject({
      code: 'UNREACHABLE',
      message: 'the coordinator cannot be reached',
    })
  })

  test('of many operations comes whole, in pages', async () => {
    const names = Array.from({ length: 300 }, (_, n) => `${'n'.repeat(200)}${n}`)
    await serveSettled(...names.map(name => mkdir(name)))
    const answer = await log()
    expect(told(answer)).toEqual(names.map(name => `mkdir ${name}`))
    expect(answer.all('LOGGED').length).toBeGreaterThan(2)
  })
})

test('the status says how far this node is, whom it follows, and why it takes no changes', async () => {
  const epoch = { number: 4, incarnation: 'b'.repeat(32) as Incarnation }
  alone = await serveAlone(members, async store => {
    await settle(store, put('a', 'a'))
    store.promise(epoch)
    store.fence.set('a flush failed')
  })
  const [own] = (await alone.peer.ask('STATUS', {}).ended()).only('STATUS_IS').replicas
  expect(own).toMatchObject({ appliedSeq: 1, epoch: 4, fenced: 'a flush failed' })
  alone.store.fence.clear()
})

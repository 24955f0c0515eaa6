import { mkdirSync, writeFileSync } from 'node:fs'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { fileEntry, folderEntry, sumOf } from '../fixtures/scripted-node.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import { type FilePath, type FolderPath, parsePath, wholeTree } from '../protocol/path.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import { bucketOf } from '../protocol/tree-sum.ts'
import { answerNode } from './answer-node.ts'
import { Following } from './following.ts'
import { openTemporaryStore, type TemporaryStore } from './store/store.fixture.ts'

const nobodyAsks = (): never => {
  throw new Error('nobody asks for the condition here')
}

let time: FakeTime
let temporary: TemporaryStore
let served: Served

beforeEach(async () => {
  time = new FakeTime()
  temporary = await openTemporaryStore()
  const { store } = temporary
  const reports = new ProgressReports(time)
  const following = new Following({ store, timers: time, onForkFiled: () => {} })
  const onRequest: Parameters<typeof serve>[1] = (request, stream) => {
    if (request.opcode === 'SUM' || request.opcode === 'WALK')
      answerNode(request, { stream, store, reports, following, condition: nobodyAsks })
  }
  served = await serve(time, onRequest, { role: 'coordinator' })
  mkdirSync(`${temporary.root}/f`)
  writeFileSync(`${temporary.root}/f/a`, 'x')
  writeFileSync(`${temporary.root}/f/b`, 'y')
})

afterEach(async () => {
  served.close()
  await temporary.remove()
})

const sum = (path: FolderPath, deep = false) => served.peer.ask('SUM', { path, deep })

test('SUM is answered with the sums of what is below a folder', async () => {
  const below = [fileEntry('f/a', 'x'), fileEntry('f/b', 'y')]
  expect((await sum(parsePath('f')).ended()).only('SUMMED')).toEqual(sumOf(below))
  expect((await sum(wholeTree).ended()).only('SUMMED')).toEqual(sumOf([folderEntry('f'), ...below]))
  expect((await sum(parsePath('f/b')).ended()).only('SUMMED')).toEqual(sumOf([below[1]!]))
})

test('SUM of nothing is NOT_FOUND', async () => {
  expect((await sum(parsePath('nothing')).ended()).error?.code).toBe('NOT_FOUND')
})

test('says that it works while a file is read, and how far it is', async () => {
  const size = 3 * 1024 * 1024
  writeFileSync(`${temporary.root}/large`, Buffer.alloc(size))
  let goOn: () => void = () => {}
  temporary.hasher.before = () =>
    new Promise(resolve => {
      goOn = resolve
    })
  const answer = sum(wholeTree)
  await until(() => temporary.hasher.hashed === 1, 'the reading')
  await time.pass(1_200)
  expect(answer.all('PROGRESS')).toContainEqual({ node: null, bytesDone: 2, bytesTotal: 0 })
  goOn()
  expect((await answer.ended()).only('SUMMED')).toMatchObject({ files: 3, bytes: size + 2 })
})

test('sums that nobody wants any more are given up', async () => {
  for (let at = 0; at < 30; at++) writeFileSync(`${temporary.root}/large-${at}`, Buffer.alloc(100_000, at))
  const goOn: (() => void)[] = []
  temporary.hasher.before = () => new Promise(resolve => void goOn.push(resolve))
  const answer = sum(wholeTree)
  await until(() => goOn.length > 0, 'the first readings')
  answer.stream.cancel()
  await until(() => served.acceptor.streamCount === 0, 'the end of the stream')
  for (let turn = 0; turn < 100; turn++) {
    for (const end of goOn.splice(0)) end()
    await turns(5)
  }
  expect(temporary.hasher.hashed).toBeLessThan(20)
})

test('WALK of some buckets gives what falls into them', async () => {
  const path = 'f/b' as FilePath
  const request = { path: wholeTree, recursive: true, buckets: [bucketOf(path)] }
  const answer = await served.peer.ask('WALK', request).ended()
  expect(answer.all('ENTRIES').flatMap(({ entries }) => entries.map(entry => entry.path))).toEqual([path])
})

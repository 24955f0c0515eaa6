/** What a change asks of a replica, which a test plays. */
import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { fileCopy } from '../../fixtures/scripted-node.ts'
import { type Served, serve } from '../../fixtures/served.ts'
import { until } from '../../fixtures/until.ts'
import type { Place } from '../../protocol/change-messages.ts'
import type { Request } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName, StageId } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { ReplicaLink } from '../replica-link.ts'
import { RemoteMember } from './remote-member.ts'

const paths = ['a', 'b'].map(parsePath)
const places: Place[] = [
  { copy: fileCopy('A'), parent: 'folder', isEmpty: false },
  { copy: { is: 'absent' }, parent: 'absent', isEmpty: false },
]
const stage = 'a'.repeat(32) as StageId

let time: FakeTime
let served: Served
let member: RemoteMember
let timersBefore: number
let asked: { request: Request; stream: Stream; failed: ConcurError | null }[]

beforeEach(async () => {
  time = new FakeTime()
  asked = []
  served = await serve(
    time,
    (request, stream) => {
      const one = { request, stream, failed: null as ConcurError | null }
      stream.listen({
        onMessage: () => {},
        onFailed: error => {
          one.failed = error
        },
      })
      asked.push(one)
    },
    { role: 'coordinator' },
  )
  member = memberOver({ connection: served.peer.connection })
})

afterEach(() => served.close())

function memberOver(link: Partial<ReplicaLink>): RemoteMember {
  const named = { name: 'server2' as NodeName, ...link } as ReplicaLink
  return new RemoteMember({ link: named, timers: time, readTimeoutMs: 2_000 })
}

async function surveying() {
  timersBefore = time.timerCount
  const survey = member.survey(paths)
  // A test may look at it later.
  survey.catch(() => {})
  await until(() => asked.length > 0, 'SURVEY')
  return { survey, ...asked[0]! }
}

/** Nobody is waited for any more. */
async function expectNobodyAwaited(): Promise<void> {
  await time.pass(1_000)
  expect(time.timerCount).toBeLessThanOrEqual(timersBefore)
}

test('says what the replica says of each path, in their order', async () => {
  const { survey, request, stream } = await surveying()
  expect(request).toMatchObject({ opcode: 'SURVEY', body: { paths: ['a', 'b'] } })
  stream.send('SURVEYED', { places }, true)
  expect(await survey).toEqual(places)
  await expectNobodyAwaited()
  expect(asked[0]!.failed).toBeNull()
})

test('a replica that says that it works is waited for', async () => {
  const { survey, stream } = await surveying()
  for (let at = 0; at < 10; at++) {
    await time.pass(1_000)
    stream.send('PROGRESS', { node: null, bytesDone: at, bytesTotal: 10 })
    await turns(5)
  }
  stream.send('SURVEYED', { places }, true)
  expect(await survey).toEqual(places)
})

test('a replica that is silent for too long is unreachable, and is asked no more', async () => {
  const { survey } = await surveying()
  await time.pass(2_250)
  await expect(survey).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: 'server2 did not answer within 2 s',
  })
  await until(() => asked[0]!.failed !== null, 'CANCEL')
})

test('a replica that leaves out a path has said nothing', async () => {
  const { survey, stream } = await surveying()
  stream.send('SURVEYED', { places: places.slice(1) }, true)
  await expect(survey).rejects.toMatchObject({
    code: 'BAD_FRAME',
    message: 'server2 says nothing of some paths',
  })
})

test('a replica that refuses is named', async () => {
  const { survey, stream } = await surveying()
  stream.fail(new ConcurError('IO_ERROR', 'the disk refuses'))
  await expect(survey).rejects.toMatchObject({ code: 'IO_ERROR', message: 'server2: the disk refuses' })
  await expectNobodyAwaited()
})

test('a replica whose link is lost is named', async () => {
  const { survey } = await surveying()
  served.close()
  await expect(survey).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringMatching(/^server2: /),
  })
})

test('without a link nothing can be asked or staged, for the reason that the link has', () => {
  const report = () => ({ reason: 'could not be reached (no)' }) as ReturnType<ReplicaLink['report']>
  member = memberOver({ connection: null, report })
  const refusal = { code: 'UNREACHABLE', message: 'server2 could not be reached (no)' }
  expect(() => member.survey(paths)).toThrow(expect.objectContaining(refusal))
  expect(() => member.openStage(stage)).toThrow(expect.objectContaining(refusal))
})

test('a stage is one on the replica, which has ten seconds for what it is sent', async () => {
  const opened = member.openStage(stage)
  await until(() => asked.length > 0, 'STAGE')
  expect(asked[0]!.request).toMatchObject({ opcode: 'STAGE', body: { stage } })
  const sealing = opened.seal(0, fileCopy('').digest)
  const refused = expect(sealing).rejects.toMatchObject({ code: 'TIMEOUT' })
  await time.pass(9_999)
  expect(asked[0]!.failed).toBeNull()
  await time.pass(1)
  await refused
})

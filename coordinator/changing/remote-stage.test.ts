import { FakeTime } from '../../fixtures/fake-time.ts'
import { type Served, serve } from '../../fixtures/served.ts'
import { until } from '../../fixtures/until.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName, StageId } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/opcodes.ts'
import type { Stream } from '../../protocol/stream.ts'
import { RemoteStage } from './remote-stage.ts'

const bytes = Buffer.from('bytes')
const { digest } = digestOf(bytes)

let time: FakeTime
let served: Served
let stage: RemoteStage
/** What the replica hears. */
let stream: Stream
let heard: Message['opcode'][]
let failure: ConcurError | null

beforeEach(async () => {
  time = new FakeTime()
  heard = []
  failure = null
  const onRequest: Parameters<typeof serve>[1] = (_, opened) => {
    stream = opened
    opened.listen({
      onMessage: ({ opcode }) => void heard.push(opcode),
      onFailed: error => {
        failure = error
      },
    })
  }
  served = await serve(time, onRequest, { role: 'coordinator' })
  const id = 'a'.repeat(32) as StageId
  const { connection } = served.peer
  stage = new RemoteStage({ node: 'server2' as NodeName, connection, id, timers: time, patienceMs: 1_000 })
})

afterEach(() => served.close())

test('is sealed when the replica says that it is durable', async () => {
  await stage.write(bytes)
  const sealing = stage.seal(bytes.length, digest)
  await until(() => heard.length === 2, 'the SEAL')
  stream.send('STAGED', { size: bytes.length, digest })
  await sealing
  expect(heard).toEqual(['CHUNK', 'SEAL'])
})

test('of a replica that takes too long is called off, so that no record waits for it there', async () => {
  const sealing = stage.seal(bytes.length, digest)
  const refused = expect(sealing).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: 'server2 took no bytes for 1 s',
  })
  await time.pass(1_000)
  await refused
  await until(() => failure !== null, 'the CANCEL')
})

test('that the replica refuses says whose word that is', async () => {
  const sealing = stage.seal(bytes.length, digest)
  await until(() => heard.length === 1, 'the SEAL')
  stream.fail(new ConcurError('NO_SPACE', 'the disk is full'))
  await expect(sealing).rejects.toMatchObject({ code: 'NO_SPACE', message: 'server2: the disk is full' })
})

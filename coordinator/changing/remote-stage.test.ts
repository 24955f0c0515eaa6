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
let timersBefore: number

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
  timersBefore = time.timerCount
  const id = 'a'.repeat(32) as StageId
  const { connection } = served.peer
  stage = new RemoteStage({
    ...{ node: 'server2' as NodeName, connection, id, timers: time },
    patienceMs: 1_000,
    sealWithinMs: size => 60_000 + size,
  })
})

afterEach(() => served.close())

/** The replica says so many times, twice a second, that it is still at it. */
async function sayBusy(times: number): Promise<void> {
  for (let said = 0; said < times; said++) {
    stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 })
    await time.pass(500)
  }
}

test('is sealed when the replica says that it is durable', async () => {
  await stage.write(bytes)
  const sealing = stage.seal(bytes.length, digest)
  await until(() => heard.length === 2, 'the SEAL')
  stream.send('STAGED', { size: bytes.length, digest })
  await sealing
  expect(heard).toEqual(['CHUNK', 'SEAL'])
})

test('of a replica that says that its disk is still busy is waited for', async () => {
  const sealing = stage.seal(bytes.length, digest)
  await until(() => heard.length === 1, 'the SEAL')
  await sayBusy(30)
  stream.send('STAGED', { size: bytes.length, digest })
  await sealing
  expect(time.timerCount).toBe(timersBefore)
})

test('of a replica that falls silent after it was busy is called off', async () => {
  const refused = expect(stage.seal(bytes.length, digest)).rejects.toMatchObject({ code: 'TIMEOUT' })
  await until(() => heard.length === 1, 'the SEAL')
  await sayBusy(5)
  await time.pass(1_000)
  await refused
  await until(() => failure !== null, 'the CANCEL')
})

test('of a replica whose disk is busy for longer than any disk is for so many bytes is called off', async () => {
  const refused = expect(stage.seal(bytes.length, digest)).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: 'server2 has been busy with its disk for 60.005 s',
  })
  await until(() => heard.length === 1, 'the SEAL')
  await sayBusy(121)
  await refused
  await until(() => failure !== null, 'the CANCEL')
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

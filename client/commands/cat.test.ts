import { KeptOutput } from '../../fixtures/client-program.ts'
import { endBodies, readsFrom, sendBody, verdictOf, versionOf } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { digestOf } from '../../protocol/digest.ts'
import { blockBytes } from '../../protocol/limits.ts'
import { ReaderGoneError } from '../terminal/output.ts'

const one = Buffer.from('Hello from Server1\n')
const two = Buffer.from('Hello from Server2\n')
const both = ['server1', 'server2']
const large = Buffer.alloc(3 * blockBytes + 7, 'large ')

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
  world.server.onRead = readsFrom({
    same: [{ bytes: one, on: both }],
    large: [{ bytes: large, on: both }],
    differs: [
      { bytes: one, on: ['server1'] },
      { bytes: two, on: ['server2'] },
    ],
  })
})
afterEach(() => world.shell.remove())

test('the bytes are on standard output, and the verdict on standard error', async () => {
  const { status, out, err } = await world.shell.run(['cat', 'same'])
  expect(out.bytes.equals(one)).toBe(true)
  expect(err.text).toBe('SINGLE_FILE same  19 B  server1 = server2\n')
  expect(status).toBe(0)
  expect(world.shell.names).toEqual([])
})

test.each([['-'], ['/dev/stdout']])('get -o %s is the same', async output => {
  const { out, err } = await world.shell.run(['get', 'same', '-o', output])
  expect(out.bytes.equals(one)).toBe(true)
  expect(err.text).toBe('SINGLE_FILE same  19 B  server1 = server2\n')
})

test('copies that differ leave standard output empty, are told on standard error, and are status 1', async () => {
  const { status, out, err } = await world.shell.run(['cat', 'differs'])
  expect(out.bytes).toHaveLength(0)
  expect(err.lines).toEqual([
    'DIFFERENT_FILES differs  2 versions  never replicated',
    `  server1  19 B  ${digestOf(one).digest.slice(0, 7)}…  3 min ago`,
    `  server2  19 B  ${digestOf(two).digest.slice(0, 7)}…  3 min ago`,
    'settle it: concur diff differs · concur resolve differs --keep server1',
  ])
  expect(status).toBe(1)
  expect(world.server.lastRead.bodies).toBe('agreed')
})

test('--from picks one of them, and they still differ', async () => {
  const { status, out } = await world.shell.run(['cat', 'differs', '--from', 'server2'])
  expect(out.bytes.equals(two)).toBe(true)
  expect(status).toBe(1)
})

test('--json prints its document on standard error', async () => {
  const { out, err } = await world.shell.run(['cat', 'same', '--json'])
  expect(out.bytes.equals(one)).toBe(true)
  expect(JSON.parse(err.text)).toMatchObject({ verdict: 'SINGLE_FILE', versions: [{ savedAs: null }] })
})

test('a path that is none is told on standard error, as JSON as well', async () => {
  const { status, out, err } = await world.shell.run(['cat', '/etc/passwd', '--json'])
  expect(status).toBe(2)
  expect(out.bytes).toHaveLength(0)
  expect(JSON.parse(err.text)).toMatchObject({ verdict: 'ERROR', error: { code: 'BAD_PATH' } })
})

test('several paths follow each other', async () => {
  const { out } = await world.shell.run(['get', '-o', '-', 'same', 'same'])
  expect(out.bytes.equals(Buffer.concat([one, one]))).toBe(true)
})

describe('a read that starts again after bytes have left', () => {
  /** Sends two whole blocks, then a third that is not what it should be. */
  function spoilThird(bytes: Buffer) {
    const wrong = Buffer.from(bytes)
    wrong[2 * blockBytes]! ^= 1
    return (stream: Parameters<typeof world.server.onRead>[0]) => {
      stream.send('VERDICT', verdictOf([{ bytes, on: both }]))
      sendBody(stream, 0, wrong, digestOf(bytes).blockDigests)
      endBodies(stream)
    }
  }

  test('goes on behind them when the content is the same', async () => {
    const truth = world.server.onRead
    let tries = 0
    world.server.onRead = (stream, request) =>
      ++tries < 3 ? spoilThird(large)(stream) : truth(stream, request)
    const { status, out } = await world.shell.run(['cat', 'large'])
    expect(status).toBe(0)
    expect(out.bytes.equals(large)).toBe(true)
    expect(tries).toBe(3)
  })

  test('is CHANGED when it is another content', async () => {
    const other = Buffer.from(large).fill(1)
    let tries = 0
    world.server.onRead = (stream, request) =>
      ++tries === 1
        ? spoilThird(large)(stream)
        : readsFrom({ large: [{ bytes: other, on: both }] })(stream, request)
    const { status, out, err } = await world.shell.run(['cat', 'large'])
    expect(status).toBe(2)
    expect(out.bytes.equals(large.subarray(0, out.bytes.length))).toBe(true)
    expect(err.text).toBe(
      `ERROR CHANGED large: it changed after ${out.bytes.length} bytes of it had been written\n`,
    )
  })

  test('is CHANGED when the copies differ now', async () => {
    let tries = 0
    world.server.onRead = stream => {
      if (++tries === 1) return spoilThird(large)(stream)
      stream.send(
        'VERDICT',
        verdictOf([
          { bytes: one, on: ['server1'] },
          { bytes: two, on: ['server2'] },
        ]),
        true,
      )
    }
    const { status, err } = await world.shell.run(['cat', 'large'])
    expect(status).toBe(2)
    expect(err.text).toMatch(/^ERROR CHANGED large: it changed after \d+ bytes/)
  })
})

test('an output that nobody reads ends the program quietly, as other tools end', async () => {
  const out = new KeptOutput()
  out.onWrite = async () => {
    throw new ReaderGoneError('gone')
  }
  const { status, err } = await world.shell.run(['cat', 'large'], { out })
  expect([status, err.text]).toEqual([141, ''])
})

test('an output that cannot take the bytes is an error', async () => {
  const out = new KeptOutput()
  out.onWrite = async () => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 })
  }
  const { status, err } = await world.shell.run(['cat', 'same'], { out })
  expect([status, err.text]).toEqual([2, 'ERROR NO_SPACE same: no space left on device\n'])
})

test('no block leaves before it was checked', async () => {
  const version = versionOf({ bytes: large, on: both })
  world.server.onRead = stream => {
    stream.send('VERDICT', { ...verdictOf([{ bytes: large, on: both }]), versions: [version] })
    sendBody(stream, 0, Buffer.from(large).fill(7), digestOf(large).blockDigests)
    endBodies(stream)
  }
  const { status, out } = await world.shell.run(['cat', 'large'])
  expect(status).toBe(2)
  expect(out.bytes).toHaveLength(0)
})

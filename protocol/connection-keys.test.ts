/** Two connections that prove to each other that they hold the same key, and peers that do not. */

import { nobody } from '../fixtures/driven-connection.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { goldenFrames, goldenMeanings } from '../fixtures/golden-frames.ts'
import { acceptorKeys, dialerKey, ring } from '../fixtures/keys.ts'
import { ManualTransport } from '../fixtures/manual-transport.ts'
import { MemoryTransport } from '../fixtures/memory-transport.ts'
import { frameBytes, type ReadFrame, readFrames } from '../fixtures/wire-frames.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { ConcurError } from './errors.ts'
import { hmacKey } from './hmac-key.ts'
import { frameHeaderBytes, helloWithinMsMax } from './limits.ts'
import type { Hello } from './messages.ts'
import type { BodyOf } from './opcodes.ts'
import { proofStatement } from './proof.ts'

let time: FakeTime

beforeEach(() => {
  time = new FakeTime()
})

const read = { path: 'a', deep: false, bodies: 'none', from: null, lastOp: false } as BodyOf<'READ'>
const channel = { binding: Buffer.alloc(32, 1), peerNames: null }
const onConnection = { stream: 0, fin: true }

interface Side {
  readonly connection: Connection
  readonly closed: ConcurError[]
  readonly opened: Hello[]
  readonly asked: string[]
}

function side(
  options: Omit<ConnectionOptions, 'timers' | 'events' | 'hello'> & { role: Hello['role'] },
): Side {
  const made = { closed: [] as ConcurError[], opened: [] as Hello[], asked: [] as string[] }
  const { role, ...rest } = options
  const connection = new Connection({
    ...rest,
    timers: time,
    hello: { ...nobody, role },
    events: {
      onOpen: peer => void made.opened.push(peer),
      onRequest: (stream, { opcode }) => {
        made.asked.push(opcode)
        stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 }, true)
      },
      onClosed: error => void made.closed.push(error),
    },
  })
  return { ...made, connection }
}

function pair(
  dialer: Pick<ConnectionOptions, 'key'> & { role?: Hello['role'] },
  acceptor: Pick<ConnectionOptions, 'keys'>,
): { dialer: Side; acceptor: Side } {
  const ends = MemoryTransport.pair({ dialerSees: 'a', acceptorSees: 'd', pieceBytes: 7, onGone() {} })
  return {
    dialer: side({ role: 'client', ...dialer, side: 'dialer', transport: ends.dialer }),
    acceptor: side({ role: 'coordinator', ...acceptor, side: 'acceptor', transport: ends.acceptor }),
  }
}

const codes = ({ closed }: Side) => closed.map(({ code, message }) => `${code}: ${message}`)

test.each(['client', 'admin'] as const)(
  'the %s key opens a client’s session on both sides, and what was asked is heard',
  async role => {
    const { dialer, acceptor } = pair({ key: dialerKey(role) }, { keys: acceptorKeys() })
    const heard: string[] = []
    dialer.connection.request('READ', read, {
      onMessage: ({ opcode }) => void heard.push(opcode),
      onFailed: ({ code }) => void heard.push(code),
    })
    await turns(60)
    expect(heard).toEqual(['PROGRESS'])
    expect(acceptor.opened.map(({ claim }) => claim!.key)).toEqual([role])
    expect(dialer.opened.map(peer => peer.role)).toEqual(['coordinator'])
  },
)

test.each<[string, Parameters<typeof pair>[0], Parameters<typeof pair>[1], string]>([
  ['has none', {}, { keys: acceptorKeys() }, 'this server wants a key: give --token-file'],
  [
    'has another secret',
    { key: dialerKey('client', { secret: 'x'.repeat(40) }) },
    { keys: acceptorKeys() },
    'the key is not the one of this server',
  ],
  [
    'shows a node’s secret as a client’s',
    { key: dialerKey('client', { secret: ring.get('node')! }) },
    { keys: acceptorKeys() },
    'the key is not the one of this server',
  ],
  [
    'is a client with the node key',
    { key: dialerKey('node') },
    { keys: acceptorKeys() },
    'a client does not prove itself with the node key',
  ],
  [
    'is a coordinator with the client key',
    { role: 'coordinator', key: dialerKey('client') },
    { keys: acceptorKeys() },
    'a coordinator does not prove itself with the client key',
  ],
  [
    'has a key that the server has not',
    { key: dialerKey('admin') },
    { keys: acceptorKeys(new Map([['client', ring.get('client')!]])) },
    'this server has no admin key',
  ],
  [
    'has a key, and the server none',
    { key: dialerKey('client') },
    {},
    'asks for no key: it was started without --token-file',
  ],
])(
  'a dialer that %s gets nowhere: it is never open, and nothing that it asks is said',
  async (_, dialing, accepting, sentence) => {
    const { dialer, acceptor } = pair(dialing, accepting)
    const failed: string[] = []
    dialer.connection.request('READ', read, {
      onMessage() {},
      onFailed: ({ code }) => void failed.push(code),
    })
    await turns(60)
    expect(codes(dialer)).toEqual([`UNAUTHENTICATED: ${sentence}`])
    expect(failed).toEqual(['UNAUTHENTICATED'])
    expect(dialer.opened).toEqual([])
    expect(acceptor.asked).toEqual([])
  },
)

/** A keyed dialer whose acceptor is the test. */
function keyedDialer() {
  const transport = new ManualTransport()
  const dialer = side({ role: 'client', side: 'dialer', transport, key: dialerKey('client') })
  const said = async () => {
    do await turns(1)
    while (transport.flush() !== null)
    return readFrames(transport.written)
  }
  return { ...dialer, transport, said }
}

const opcodesOf = async ({ said }: { said: () => Promise<ReadFrame[]> }) =>
  (await said()).map(({ opcode }) => opcode)

test('a dialer says nothing but HELLO and PROOF before the acceptor has proven itself, not even when it gives up', async () => {
  const dialer = keyedDialer()
  dialer.connection.request('READ', read, { onMessage() {}, onFailed() {} })
  expect(await opcodesOf(dialer)).toEqual(['HELLO'])
  dialer.transport.deliver(frameBytes('CHALLENGE', { nonce: Buffer.alloc(32, 7) }, onConnection))
  expect(await opcodesOf(dialer)).toEqual(['HELLO', 'PROOF'])
  dialer.connection.close('UNREACHABLE', 'enough')
  expect(await opcodesOf(dialer)).toEqual(['HELLO', 'PROOF'])
})

const acceptorHello = { ...nobody, versionMin: 1, versionMax: 1, claim: null, role: 'coordinator' } as const

/** What an acceptor says behind PROOF of a keyed dialer, with what its own proof is made of. */
async function answered(forge: (honest: Parameters<typeof proofStatement>[1]) => Buffer | null) {
  const dialer = keyedDialer()
  dialer.connection.request('READ', read, { onMessage() {}, onFailed() {} })
  await dialer.said()
  const dialerHello = Buffer.from(dialer.transport.written.subarray(frameHeaderBytes))
  const acceptorNonce = Buffer.alloc(32, 7)
  dialer.transport.deliver(frameBytes('CHALLENGE', { nonce: acceptorNonce }, onConnection))
  await dialer.said()
  const hello = frameBytes('HELLO', acceptorHello, onConnection)
  const said = { dialerHello, acceptorHello: hello.subarray(frameHeaderBytes), acceptorNonce, channel: null }
  const statement = forge(said)
  if (statement !== null) {
    const proof = hmacKey(ring.get('client')!).mac(statement)
    dialer.transport.deliver(frameBytes('PROOF', { proof }, onConnection))
  }
  dialer.transport.deliver(hello)
  return dialer
}

test('an acceptor that has proven itself hears what was asked', async () => {
  const dialer = await answered(said => proofStatement('acceptor', said))
  expect(await opcodesOf(dialer)).toEqual(['HELLO', 'PROOF', 'READ'])
})

test.each<[string, Parameters<typeof answered>[0]]>([
  ['proves nothing', () => null],
  ['sends the dialer’s own proof back', said => proofStatement('dialer', { ...said, acceptorHello: null })],
  [
    'proves itself for another nonce',
    said => proofStatement('acceptor', { ...said, acceptorNonce: Buffer.alloc(32, 8) }),
  ],
  [
    'proves itself for another dialer',
    said => proofStatement('acceptor', { ...said, dialerHello: Buffer.alloc(9) }),
  ],
  [
    'is another one in its HELLO',
    said => proofStatement('acceptor', { ...said, acceptorHello: Buffer.alloc(9) }),
  ],
  ['proves itself for a channel', said => proofStatement('acceptor', { ...said, channel })],
])('an acceptor that %s is left, and hears nothing of what was asked', async (_, forge) => {
  const dialer = await answered(forge)
  expect(await opcodesOf(dialer)).toEqual(['HELLO', 'PROOF'])
  expect(dialer.opened).toEqual([])
  expect(dialer.connection.isOpen).toBe(false)
})

test('the golden proofs are what the golden HELLOs and the secret of the page lead to', () => {
  const helloOf = (name: string) =>
    goldenFrames()
      .find(golden => golden.name === name)!
      .bytes.subarray(frameHeaderBytes)
  const meanings = goldenMeanings()
  const proofIn = (name: string) => (meanings[name]!.body as { proof: Buffer }).proof.toString('hex')
  const key = hmacKey('a-secret-of-thirty-two-characters')
  const { nonce: acceptorNonce } = meanings.CHALLENGE!.body as { nonce: Buffer }
  const said = { dialerHello: helloOf('HELLO-key'), acceptorHello: null, acceptorNonce, channel: null }
  expect(key.mac(proofStatement('dialer', said)).toString('hex')).toBe(proofIn('PROOF'))
  const answer = { ...said, acceptorHello: helloOf('HELLO-coordinator') }
  expect(key.mac(proofStatement('acceptor', answer)).toString('hex')).toBe(proofIn('PROOF-acceptor'))
})

/** A keyed acceptor whose dialer is the test, behind a HELLO that claims the client key. */
async function keyedAcceptor(pauseMs = 0) {
  const transport = new ManualTransport()
  const acceptor = side({
    role: 'coordinator',
    side: 'acceptor',
    transport,
    keys: acceptorKeys(ring, pauseMs),
  })
  const claim = { key: 'client', rights: null, nonce: Buffer.alloc(32, 1) } as const
  const hello = { ...nobody, versionMin: 1, versionMax: 1, role: 'client', claim } as Hello
  transport.deliver(frameBytes('HELLO', hello, onConnection))
  const said = async () => {
    do await turns(1)
    while (transport.flush() !== null)
    return readFrames(transport.written)
  }
  return { ...acceptor, transport, said }
}

test('a proof that does not come ends the connection with the time for HELLO', async () => {
  const acceptor = await keyedAcceptor()
  expect((await acceptor.said()).map(({ opcode }) => opcode)).toEqual(['CHALLENGE'])
  time.passAtOnce(helloWithinMsMax)
  expect((await acceptor.said()).at(-1)).toMatchObject({ opcode: 'GOAWAY', body: { code: 'TIMEOUT' } })
})

test('an address that is slowed down waits for its CHALLENGE', async () => {
  const acceptor = await keyedAcceptor(500)
  time.passAtOnce(499)
  expect(await acceptor.said()).toEqual([])
  time.passAtOnce(1)
  expect((await acceptor.said()).map(({ opcode }) => opcode)).toEqual(['CHALLENGE'])
})

test('a wrong proof opens nothing', async () => {
  const acceptor = await keyedAcceptor()
  await acceptor.said()
  acceptor.transport.deliver(frameBytes('PROOF', { proof: Buffer.alloc(32) }, onConnection))
  const last = (await acceptor.said()).at(-1)
  expect(last).toMatchObject({ opcode: 'GOAWAY', body: { code: 'UNAUTHENTICATED' } })
  expect(acceptor.opened).toEqual([])
})

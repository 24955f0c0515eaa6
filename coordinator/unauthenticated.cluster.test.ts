/**
 * No way around the keys: every request of the table of opcodes, with every kind of credential that is none, at both
 * kinds of server. Nothing is answered but CHALLENGE and a refusal, and nothing has changed afterwards.
 */
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { nobody } from '../fixtures/driven-connection.ts'
import { goldenFrames } from '../fixtures/golden-frames.ts'
import { dialerKey, ring } from '../fixtures/keys.ts'
import type { RawLine } from '../fixtures/raw-line.ts'
import { until } from '../fixtures/until.ts'
import { frameBytes, type ReadFrame, readFrames } from '../fixtures/wire-frames.ts'
import type { ConcurError } from '../protocol/errors.ts'
import { writeFrameHeader } from '../protocol/frame.ts'
import { hmacKey } from '../protocol/hmac-key.ts'
import type { ClientId, NodeName } from '../protocol/ids.ts'
import type { KeyRole } from '../protocol/key-ring.ts'
import { frameHeaderBytes } from '../protocol/limits.ts'
import type { Claim, Hello } from '../protocol/messages.ts'
import { type Opcode, opcodes, type RequestOpcode } from '../protocol/opcodes.ts'
import { proofStatement } from '../protocol/proof.ts'

let cluster: Cluster

beforeAll(async () => {
  cluster = await startCluster({ ring, trees: { server1: { 'a.txt': 'secret content' } } })
  await cluster.settled()
})

afterAll(() => cluster.close())

const onConnection = { stream: 0, fin: true }
const onStream = { stream: 1 }

const requestOpcodes = (Object.keys(opcodes) as Opcode[]).filter(
  opcode => opcodes[opcode].kind === 'request',
) as RequestOpcode[]

/** A well-formed request of that opcode, on stream 1. */
function requestOf(opcode: RequestOpcode): Buffer {
  const golden = goldenFrames().find(frame => frame.opcode === opcode)
  if (golden === undefined) throw new Error(`${opcode} has no golden frame`)
  const bytes = Buffer.from(golden.bytes)
  bytes.writeUInt32BE(onStream.stream, 4)
  return bytes
}

function helloOf(role: Hello['role'], claim: Partial<Claim> | null): Buffer {
  const full = claim && { key: 'client' as KeyRole, rights: null, nonce: Buffer.alloc(32, 3), ...claim }
  const node = role === 'client' ? {} : { name: 'server1' as NodeName, listenPort: 6001 }
  const clientId = 'mallory@away' as ClientId
  return frameBytes(
    'HELLO',
    { ...nobody, ...node, clientId, versionMin: 1, versionMax: 1, role, claim: full },
    onConnection,
  )
}

const framesOf = (line: RawLine): ReadFrame[] => readFrames(line.received)

/** @returns the server's nonce, once it has challenged; zeros where it has turned us away already. */
async function challenged(line: RawLine): Promise<Buffer> {
  await until(() => framesOf(line).length > 0, 'a CHALLENGE')
  const [first] = framesOf(line)
  return first!.opcode === 'CHALLENGE' ? (first!.body as { nonce: Buffer }).nonce : Buffer.alloc(32)
}

const proofFrame = (proof: Buffer): Buffer => frameBytes('PROOF', { proof }, onConnection)

interface Proving {
  readonly role?: Hello['role']
  readonly claim?: Partial<Claim>
  readonly secret?: string
  readonly side?: 'dialer' | 'acceptor'
  /** What is proven instead of the HELLO that was sent, or of the nonce that came. */
  readonly hello?: Buffer
  readonly nonce?: Buffer
}

/** Says HELLO, and proves what it says with what it has. */
const proving =
  ({ role = 'client', claim = {}, secret = ring.get('client')!, side = 'dialer', hello, nonce }: Proving) =>
  async (line: RawLine, request: Buffer): Promise<void> => {
    const said = helloOf(role, claim)
    line.say(said)
    const acceptorNonce = nonce ?? (await challenged(line))
    const dialerHello = (hello ?? said).subarray(frameHeaderBytes)
    const statement = proofStatement(side, { dialerHello, acceptorHello: null, acceptorNonce, channel: null })
    line.say(proofFrame(hmacKey(secret).mac(statement)))
    line.say(request)
  }

/** Kind of credential → how somebody with it asks. */
const credentials: Record<string, (line: RawLine, request: Buffer) => unknown> = {
  'no HELLO': (line, request) => line.say(request),
  'a HELLO without a claim': (line, request) => {
    line.say(helloOf('client', null))
    line.say(request)
  },
  'a coordinator’s HELLO without a claim': (line, request) => {
    line.say(helloOf('coordinator', null))
    line.say(request)
  },
  'a claim, and the request right behind it': (line, request) =>
    line.say(Buffer.concat([helloOf('client', {}), request])),
  'a claim, and the request instead of the proof': async (line, request) => {
    line.say(helloOf('client', {}))
    await challenged(line)
    line.say(request)
  },
  'HELLO again instead of the proof': async (line, request) => {
    line.say(helloOf('client', {}))
    await challenged(line)
    line.say(Buffer.concat([helloOf('client', null), request]))
  },
  'a proof without a HELLO': (line, request) =>
    line.say(Buffer.concat([proofFrame(Buffer.alloc(32)), request])),
  'a proof of zeros': async (line, request) => {
    line.say(helloOf('client', {}))
    await challenged(line)
    line.say(Buffer.concat([proofFrame(Buffer.alloc(32)), request]))
  },
  'a proof of 31 bytes': async (line, request) => {
    line.say(helloOf('client', {}))
    await challenged(line)
    const short = proofFrame(Buffer.alloc(32)).subarray(0, frameHeaderBytes + 31)
    writeFrameHeader(short, 0, { bodyBytes: 31, stream: 0, opcode: 'PROOF', fin: true })
    line.say(Buffer.concat([short, request]))
  },
  'another secret': proving({ secret: 'x'.repeat(40) }),
  'the secret in capitals': proving({ secret: ring.get('client')!.toUpperCase() }),
  'an empty secret': proving({ secret: '' }),
  'the client’s secret for the admin key': proving({ claim: { key: 'admin' } }),
  'the client’s secret for the node key': proving({ role: 'coordinator', claim: { key: 'node' } }),
  'the admin’s secret for the node key': proving({
    role: 'relay',
    claim: { key: 'node', rights: 'admin' },
    secret: ring.get('admin')!,
  }),
  'the client key for a coordinator': proving({ role: 'coordinator' }),
  'the admin key for a relay': proving({
    role: 'relay',
    claim: { key: 'admin' },
    secret: ring.get('admin')!,
  }),
  'the node key for a client': proving({ claim: { key: 'node' }, secret: ring.get('node')! }),
  'the acceptor’s kind of proof': proving({ side: 'acceptor' }),
  'a proof for another nonce': proving({ nonce: Buffer.alloc(32, 9) }),
  'a proof for the HELLO of somebody else': proving({
    hello: helloOf('client', { nonce: Buffer.alloc(32, 4) }),
  }),
  'a client’s proof behind the HELLO of a relay': proving({
    role: 'relay',
    claim: { key: 'node' },
    hello: helloOf('client', {}),
  }),
}

const servers = ['server1', 'server2'] as const
const cells = servers.flatMap(server =>
  Object.keys(credentials).flatMap(credential =>
    requestOpcodes.map(opcode => [server, credential, opcode] as const),
  ),
)

const atOnceMax = 150

/** What a stranger may be told. */
const mayBeSaid = ['CHALLENGE', 'GOAWAY']

test('there are 500 cells at least', () => {
  expect(cells.length).toBeGreaterThanOrEqual(500)
})

/** Who may ask what, by the key that he has proven; a new opcode has its line here, or this does not compile. */
const rights: Record<RequestOpcode, 'clients' | 'coordinator'> = {
  READ: 'clients',
  LIST: 'clients',
  STATUS: 'clients',
  LOOK: 'coordinator',
  FETCH: 'coordinator',
  WALK: 'coordinator',
  CHANGE: 'clients',
  LOG: 'clients',
  WAIT: 'clients',
  SURVEY: 'coordinator',
  STAGE: 'coordinator',
  JOURNAL_AT: 'coordinator',
  FOLLOW: 'coordinator',
  SUPPLY: 'coordinator',
  REPLAY: 'coordinator',
  SUM: 'coordinator',
  VERIFY: 'clients',
  RESTATE: 'coordinator',
  LOCK: 'clients',
  UNLOCK: 'clients',
  CHECK: 'clients',
  EXAMINE: 'clients',
  CONDITION: 'coordinator',
  PAST: 'clients',
  CONTENT: 'clients',
  RECALL: 'coordinator',
  HISTORY: 'clients',
  PRUNE: 'clients',
  HAD: 'coordinator',
  FORGET: 'coordinator',
}

test.each(requestOpcodes.filter(opcode => rights[opcode] === 'coordinator'))(
  '%s, which only a coordinator asks, is forbidden with a client’s keys, and to a relay',
  async opcode => {
    for (const key of ['client', 'admin'] as const) {
      for (const server of servers) {
        const line = await cluster.line(server)
        await proving({ claim: { key }, secret: ring.get(key)! })(line, requestOf(opcode))
        await refusedOnStream(line)
      }
    }
    const line = await cluster.line('server1')
    const claim = { key: 'node', rights: 'admin' } as const
    await proving({ role: 'relay', claim, secret: ring.get('node')! })(line, requestOf(opcode))
    await refusedOnStream(line)
  },
)

test.each(requestOpcodes.filter(opcode => rights[opcode] === 'clients'))(
  '%s, which only clients ask, is forbidden to a coordinator',
  async opcode => {
    const line = await cluster.line('server2')
    await proving({ role: 'coordinator', claim: { key: 'node' }, secret: ring.get('node')! })(
      line,
      requestOf(opcode),
    )
    await refusedOnStream(line)
  },
)

async function refusedOnStream(line: RawLine): Promise<void> {
  await until(() => framesOf(line).some(({ opcode }) => opcode === 'ERROR'), 'an ERROR')
  const errors = framesOf(line).filter(({ opcode }) => opcode === 'ERROR')
  expect(errors.map(({ body }) => (body as ConcurError).code)).toEqual(['FORBIDDEN'])
  line.destroy()
}

/** Behind all others: an address that fails this often waits each time. */
describe('credentials that are none', () => {
  const nameOf = (...cell: readonly string[]) => cell.join(' · ')
  const heard = new Map<string, Buffer>()
  const seqs = () => servers.map(name => cluster.node(name).store.journal.last.seq)
  let seqsBefore: readonly number[]

  /** Many at once, since each waits. */
  beforeAll(async () => {
    await cluster.atRest()
    seqsBefore = seqs()
    const ask = async ([server, credential, opcode]: (typeof cells)[number]) => {
      const line = await cluster.line(server)
      await credentials[credential]!(line, requestOf(opcode))
      await line.ended()
      heard.set(nameOf(server, credential, opcode), line.received)
      line.destroy()
    }
    for (let at = 0; at < cells.length; at += atOnceMax)
      await Promise.all(cells.slice(at, at + atOnceMax).map(ask))
  })

  test.each(
    servers.flatMap(server => Object.keys(credentials).map(credential => [server, credential] as const)),
  )('%s, asked with %s, answers no request that there is', (server, credential) => {
    for (const opcode of requestOpcodes) {
      const received = heard.get(nameOf(server, credential, opcode))!
      const said = readFrames(received)
      const told = said.map(frame => frame.opcode).filter(name => !mayBeSaid.includes(name))
      expect([opcode, told]).toEqual([opcode, []])
      expect(['UNAUTHENTICATED', 'BAD_FRAME']).toContain((said.at(-1)!.body as ConcurError).code)
      expect(received.includes('a.txt') || received.includes('server1')).toBe(false)
    }
  })

  test('nothing has changed afterwards, and who holds a key is served', async () => {
    expect(seqs()).toEqual(seqsBefore)
    const client = cluster.client('server1', 'ann@laptop', dialerKey('client'))
    expect((await client.ls()).rows.map(({ path }) => path)).toEqual(['a.txt'])
  })
})

/**
 * TLS is TLS: whoever speaks less, shows a certificate that is not good, or is another one than it names is refused, in
 * one sentence, whichever side it is on; and what passes between those who are taken shows nothing.
 */
import { type AddressInfo, connect as connectPlain, createServer, type Server } from 'node:net'
import { type ConnectionOptions, connect, createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { type Certified, newAuthority, newCertificate } from '../../coordinator/init/authority.ts'
import { CapturedLine } from '../../fixtures/captured-line.ts'
import { now, past, TestAuthority, toCome } from '../../fixtures/certificates.ts'
import { nobody } from '../../fixtures/driven-connection.ts'
import { acceptorKeys, dialerKey, ring } from '../../fixtures/keys.ts'
import { until } from '../../fixtures/until.ts'
import { Connection } from '../../protocol/connection.ts'
import type { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { Hello } from '../../protocol/messages.ts'
import type { BodyOf } from '../../protocol/opcodes.ts'
import type { DialerKey } from '../../protocol/proof.ts'
import { TcpNetwork } from '../../protocol/tcp.ts'
import { TlsNetwork } from '../../protocol/tls.ts'
import { tlsContext } from '../../protocol/tls-context.ts'
import type { Address, Dialer, Listener } from '../../protocol/world.ts'
import { Acceptor } from './acceptor.ts'
import { assertNamed } from './named-peer.ts'
import { realTimers } from './world.ts'

const timers = realTimers()
const loopback = { host: '127.0.0.1', port: 0 }
const readOf = (path: string) =>
  ({ path, deep: false, bodies: 'none', from: null, lastOp: false }) as BodyOf<'READ'>

let ours: TestAuthority
let theirs: TestAuthority
let server: Acceptor
let at: Address
/** What was opened at the server: `client`, `coordinator server1`. */
let opened: string[]

/** A server that takes connections of `listener`, and answers every request with PROGRESS. */
async function serve(listener: Listener): Promise<Acceptor> {
  const acceptor = new Acceptor({
    listener,
    timers,
    connectionsMax: 100,
    onText: null,
    onBinary(transport, onGone) {
      new Connection({
        transport,
        side: 'acceptor',
        timers,
        hello: { ...nobody, role: 'replica', name: 'server2' as NodeName },
        keys: acceptorKeys(),
        events: {
          onOpen(peer) {
            assertNamed(transport.channel, peer)
            opened.push(`${peer.role} ${peer.name}`)
          },
          onRequest: stream => stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 }, true),
          onClosed: onGone,
        },
      })
    },
  })
  at = await acceptor.listen(loopback)
  return acceptor
}

beforeAll(async () => {
  ours = await TestAuthority.create()
  theirs = await TestAuthority.create()
})

beforeEach(async () => {
  opened = []
  server = await serve(new TlsNetwork({ timers, context: await ours.context(['server2', '127.0.0.1']) }))
})

afterEach(() => server.close())

interface Talk {
  readonly dialer: Dialer
  readonly role?: Hello['role']
  readonly name?: string
  readonly key?: DialerKey | null
  /** Whom the server's certificate has to name. */
  readonly expects?: string
  readonly to?: Address
}

/** @returns `open`, or why not. */
async function talk({
  dialer,
  role = 'client',
  name = 'server1',
  key,
  expects,
  to = at,
}: Talk): Promise<string> {
  try {
    const transport = await dialer.dial(to, 2_000, expects ?? null)
    return await new Promise<string>(resolve => {
      const isNode = role !== 'client'
      const connection = new Connection({
        transport,
        side: 'dialer',
        timers,
        hello: { ...nobody, role, name: isNode ? (name as NodeName) : null },
        key: key === undefined ? dialerKey(isNode ? 'node' : 'client') : key,
        events: {
          onOpen() {
            resolve('open')
            connection.close('UNREACHABLE', 'done')
          },
          onClosed: ({ code, message }: ConcurError) => resolve(`${code}: ${message}`),
        },
      })
    })
  } catch (error) {
    return (error as Error).message
  }
}

const showing = async (names: readonly string[], validity = now(), by = ours): Promise<Dialer> =>
  new TlsNetwork({
    timers,
    context: tlsContext({
      ca: ours.authority.cert,
      own: await newCertificate(by.authority, names, validity),
    }),
  })
const bare = (): Dialer => new TlsNetwork({ timers, context: ours.bareContext() })

describe('a server that speaks TLS', () => {
  test.each<[string, () => Promise<Talk>]>([
    ['a client without a certificate', async () => ({ dialer: bare() })],
    ['a client with a good one', async () => ({ dialer: await showing(['ann']) })],
    [
      'a coordinator that its certificate names',
      async () => ({ dialer: await showing(['server1']), role: 'coordinator' }),
    ],
    [
      'a relay that its certificate names',
      async () => ({ dialer: await showing(['server3', 'other']), role: 'relay', name: 'server3' }),
    ],
    ['a client that asks for the node by name', async () => ({ dialer: bare(), expects: 'server2' })],
  ])('takes %s', async (_, talking) => {
    expect(await talk(await talking())).toBe('open')
    expect(opened).toHaveLength(1)
  })

  const selfSigned = async (): Promise<Dialer> => {
    const own = await newAuthority('server1', now())
    return new TlsNetwork({ timers, context: tlsContext({ ca: ours.authority.cert, own }) })
  }
  const leafAsAuthority = async (): Promise<Dialer> => {
    const leaf = await newCertificate(ours.authority, ['server1'], now())
    const own = await newCertificate(leaf, ['server1'], now())
    const chain: Certified = { cert: own.cert + leaf.cert, key: own.key }
    return new TlsNetwork({ timers, context: tlsContext({ ca: ours.authority.cert, own: chain }) })
  }
  const node = { role: 'coordinator' } as const

  test.each<[string, () => Promise<Talk>, RegExp]>([
    [
      'a coordinator without a certificate',
      async () => ({ dialer: bare(), ...node }),
      /UNAUTHENTICATED: a coordinator shows a certificate/,
    ],
    [
      'a relay without a certificate',
      async () => ({ dialer: bare(), role: 'relay' }),
      /UNAUTHENTICATED: a relay shows a certificate/,
    ],
    [
      'a coordinator with the certificate of another node',
      async () => ({ dialer: await showing(['server2']), ...node }),
      /UNAUTHENTICATED: its certificate does not name server1/,
    ],
    [
      'a relay with the certificate of another node',
      async () => ({ dialer: await showing(['server1']), role: 'relay', name: 'server3' }),
      /UNAUTHENTICATED: its certificate does not name server3/,
    ],
    [
      'a coordinator whose name is only a part of what is named',
      async () => ({ dialer: await showing(['server11', 'xserver1']), ...node }),
      /does not name server1/,
    ],
    [
      'a coordinator of another authority',
      async () => ({ dialer: await showing(['server1'], now(), theirs), ...node }),
      /another authority/,
    ],
    [
      'a client of another authority',
      async () => ({ dialer: await showing(['ann'], now(), theirs) }),
      /another authority/,
    ],
    [
      'a coordinator whose certificate has ended',
      async () => ({ dialer: await showing(['server1'], past()), ...node }),
      /has ended/,
    ],
    [
      'a client whose certificate has ended',
      async () => ({ dialer: await showing(['ann'], past()) }),
      /has ended/,
    ],
    [
      'a coordinator whose certificate is not valid yet',
      async () => ({ dialer: await showing(['server1'], toCome()), ...node }),
      /not valid yet/,
    ],
    [
      'a coordinator that has signed for itself',
      async () => ({ dialer: await selfSigned(), ...node }),
      /not that of a node/,
    ],
    [
      'a coordinator whose certificate another node has signed',
      async () => ({ dialer: await leafAsAuthority(), ...node }),
      /the certificate that was shown/,
    ],
    [
      'a client with a good certificate and no key',
      async () => ({ dialer: await showing(['ann']), key: null }),
      /UNAUTHENTICATED: this server wants a key/,
    ],
    [
      'a coordinator with a good certificate and a wrong key',
      async () => ({
        dialer: await showing(['server1']),
        ...node,
        key: dialerKey('node', { secret: 'x'.repeat(40) }),
      }),
      /UNAUTHENTICATED: the key is not/,
    ],
    [
      'a client without TLS',
      async () => ({ dialer: new TcpNetwork(timers) }),
      /UNAUTHENTICATED: this server speaks TLS: give --tls-ca/,
    ],
    [
      'a coordinator without TLS',
      async () => ({ dialer: new TcpNetwork(timers), ...node }),
      /UNAUTHENTICATED: this server speaks TLS/,
    ],
  ])('refuses %s, and goes on', async (_, talking, why) => {
    expect(await talk(await talking())).toMatch(why)
    expect(opened).toEqual([])
    expect(await talk({ dialer: bare() })).toBe('open')
  })

  test.each<[string, ConnectionOptions]>([
    ['TLS 1.2', { maxVersion: 'TLSv1.2' }],
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['a cipher that is not of TLS 1.3’s common ones', { ciphers: 'TLS_AES_128_CCM_8_SHA256' }],
  ])('refuses %s, and goes on', async (_, options) => {
    const socket = connect({
      ...at,
      ca: ours.authority.cert,
      checkServerIdentity: () => undefined,
      ...options,
    })
    const happened: string[] = []
    socket.on('secureConnect', () => happened.push('secured'))
    socket.on('error', () => happened.push('refused'))
    await until(() => happened.length > 0, 'an end of the handshake')
    expect(happened).toEqual(['refused'])
    socket.destroy()
    expect(await talk({ dialer: bare() })).toBe('open')
  })

  test.each([
    ['plain text', 'file1.txt\n', 'ERROR|this server speaks TLS: give --tls-ca'],
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n', 'ERROR|this server speaks TLS: give --tls-ca'],
    ['a handshake that is none', '\x16\x03\x01\x00\x05hello', null],
  ])('refuses %s, and goes on', async (_, words, answer) => {
    const socket = connectPlain({ ...at })
    let said = ''
    let isGone = false
    socket.on('data', bytes => {
      said += bytes.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      isGone = true
    })
    socket.write(words, 'latin1')
    await until(() => isGone, 'the end of the connection')
    if (answer !== null) expect(said).toBe(answer)
    expect(opened).toEqual([])
    expect(await talk({ dialer: bare() })).toBe('open')
  })

  test('passes nothing on to whoever stands between and has a good certificate himself', async () => {
    const behind = at
    const between = createTlsServer({ ...(await tlsTexts(['server2', '127.0.0.1'])) }, near => {
      const far = connect({ ...behind, ca: ours.authority.cert })
      near.pipe(far)
      far.pipe(near)
      for (const end of [near, far]) end.on('error', () => near.destroy())
    })
    const to = await listening(between)
    expect(await talk({ dialer: bare(), to })).toMatch(/UNAUTHENTICATED: the key is not/)
    between.close()
  })
})

async function tlsTexts(names: readonly string[], validity = now(), by = ours): Promise<TlsOptions> {
  return { ca: ours.authority.cert, ...(await newCertificate(by.authority, names, validity)) }
}

async function listening(made: Server): Promise<Address> {
  await new Promise<void>(resolve => made.listen(0, '127.0.0.1', resolve))
  return { host: '127.0.0.1', port: (made.address() as AddressInfo).port }
}

describe('a dialer that speaks TLS', () => {
  const good = ['server2', '127.0.0.1']

  test.each<[string, () => Promise<TlsOptions>, string | undefined, RegExp]>([
    ['of another authority', () => tlsTexts(good, now(), theirs), undefined, /another authority/],
    ['that names another host', () => tlsTexts(['server2', '192.0.2.9']), undefined, /names others/],
    ['that names another node', () => tlsTexts(['server3', '127.0.0.1']), 'server2', /names others/],
    ['that has ended', () => tlsTexts(good, past()), undefined, /has ended/],
    ['that is not valid yet', () => tlsTexts(good, toCome()), undefined, /not valid yet/],
    [
      'that is its own authority',
      async () => ({ ...(await newAuthority('server2', now())) }),
      undefined,
      /not that of a node/,
    ],
    [
      'of TLS 1.2',
      async () => ({ ...(await tlsTexts(good)), maxVersion: 'TLSv1.2' }),
      undefined,
      /another version of TLS/,
    ],
  ])('leaves a server with a certificate %s', async (_, options, expects, why) => {
    const made = createTlsServer(await options())
    made.on('tlsClientError', () => {})
    const to = await listening(made)
    expect(await talk({ dialer: bare(), to, ...(expects === undefined ? {} : { expects }) })).toMatch(why)
    made.close()
  })

  test.each<[string, string | null, RegExp]>([
    ['answers in plain words', 'ERROR|what?', /does not speak TLS/],
    ['closes at once', null, /closed|reset/],
  ])('leaves a server that %s', async (_, words, why) => {
    const made = createServer(socket => {
      socket.on('error', () => {})
      socket.resume()
      if (words === null) socket.destroy()
      else socket.end(words)
    })
    const to = await listening(made)
    expect(await talk({ dialer: bare(), to })).toMatch(why)
    made.close()
  })

  test('is told in words that a server of ours speaks none', async () => {
    await server.close()
    server = await serve(new TcpNetwork(timers))
    expect(await talk({ dialer: bare() })).toMatch(/does not speak TLS/)
  })
})

describe('who listens in', () => {
  const names = ['secret-plan.txt', 'ann@laptop', ring.get('client')!, 'server2']

  async function captured(listener: Listener, dialer: Dialer): Promise<string[]> {
    await server.close()
    server = await serve(listener)
    const line = await CapturedLine.to(at)
    const transport = await dialer.dial(line.address, 2_000, 'server2')
    await new Promise<void>((resolve, reject) => {
      const connection = new Connection({
        transport,
        side: 'dialer',
        timers,
        hello: { ...nobody, role: 'client', clientId: 'ann@laptop' as never },
        key: dialerKey('client'),
        events: { onOpen() {}, onClosed: reject },
      })
      connection.request('READ', readOf('secret-plan.txt'), { onMessage: () => resolve(), onFailed: reject })
    })
    const bytes = line.captured
    line.close()
    return names.filter(name => bytes.includes(name))
  }

  test('hears names without TLS, and never a secret', async () => {
    const network = new TcpNetwork(timers)
    expect(await captured(network, network)).toEqual(['secret-plan.txt', 'ann@laptop', 'server2'])
  })

  test('hears nothing under TLS but the name that is dialled', async () => {
    const context = await ours.context(['server2'])
    expect(await captured(new TlsNetwork({ timers, context }), bare())).toEqual(['server2'])
  })
})

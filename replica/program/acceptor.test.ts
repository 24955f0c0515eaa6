import { FakeTime } from '../../fixtures/fake-time.ts'
import { MemoryNetwork } from '../../fixtures/memory-network.ts'
import { RawLine } from '../../fixtures/raw-line.ts'
import { clientHello, RawPeer } from '../../fixtures/raw-peer.ts'
import { until } from '../../fixtures/until.ts'
import { Connection } from '../../protocol/connection.ts'
import type { Address, Transport, TransportEvents } from '../../protocol/world.ts'
import { Acceptor } from './acceptor.ts'

const connectionsMax = 2

let time: FakeTime
let network: MemoryNetwork
let acceptor: Acceptor
let address: Address

beforeEach(async () => {
  time = new FakeTime()
  network = new MemoryNetwork()
  acceptor = new Acceptor({
    listener: network,
    timers: time,
    connectionsMax,
    onBinary: (transport, onGone, busy) => {
      const hello = { ...clientHello, role: 'replica' as const }
      new Connection({
        transport,
        side: 'acceptor',
        timers: time,
        hello,
        events: {
          onOpen: ({ role }) => {
            if (busy !== null && role !== 'coordinator') throw busy
          },
          onClosed: onGone,
        },
      })
    },
    onText: peer => peer.awaitRequest(typed => void peer.answerAll(`asked for ${typed}`)),
  })
  address = await acceptor.listen({ host: '127.0.0.1', port: 0 })
})

const dialBinary = (): Promise<RawPeer> => RawPeer.dial({ dialer: network, timers: time }, address)

async function ask(path: string): Promise<RawLine> {
  const line = await RawLine.dial(network, address)
  line.say(`${path}\n`)
  return line.ended()
}

test('binary and plain-text connections are taken by whom they belong to', async () => {
  expect((await dialBinary()).acceptor?.role).toBe('replica')
  expect((await ask('a.txt')).text).toBe('asked for a.txt')
})

test('beyond the cap a binary connection is told BUSY, and a plain-text one with a sentence', async () => {
  const peers = [await dialBinary(), await dialBinary()]
  const late = await dialBinary()
  expect(late.closed).toMatchObject({ code: 'BUSY', message: '2 connections are open already' })
  expect((await ask('a.txt')).text).toBe('ERROR|2 connections are open already')
  expect(peers.every(({ closed }) => closed === null)).toBe(true)
})

test('a connection that is over makes room for the next one', async () => {
  const [first] = [await dialBinary(), await dialBinary()]
  first.close()
  await until(() => network.connectionCount === 1, 'the connection to be closed')
  expect((await dialBinary()).closed).toBe(null)
})

test('plain-text readers that have their answer count no more, although they never close their end', async () => {
  for (let reader = 0; reader < 5 * connectionsMax; reader++) {
    expect((await ask('a.txt')).text).toBe('asked for a.txt')
    await time.pass(2_000)
  }
  expect(network.connectionCount).toBe(0)
})

test('connections that say nothing count, and are let go after 5 s', async () => {
  for (let silent = 0; silent < connectionsMax; silent++) await RawLine.dial(network, address)
  expect((await dialBinary()).closed?.code).toBe('BUSY')
  await time.pass(5_000)
  expect((await dialBinary()).closed).toBe(null)
})

test('far beyond the cap connections are dropped at once, and counted right when they are gone', async () => {
  const lines: RawLine[] = []
  for (let line = 0; line < connectionsMax + 256; line++) lines.push(await RawLine.dial(network, address))
  const dropped = await RawLine.dial(network, address)
  await dropped.ended()
  expect(dropped.closed).not.toBe(null)
  for (const line of lines) line.destroy()
  await until(() => network.connectionCount === 0, 'every connection to be closed')
  for (let peer = 0; peer < connectionsMax; peer++) expect((await dialBinary()).closed).toBe(null)
  expect((await dialBinary()).closed?.code).toBe('BUSY')
})

test('a closed acceptor takes nobody, and what is open goes on', async () => {
  const peer = await dialBinary()
  await acceptor.close()
  await expect(dialBinary()).rejects.toThrow('connection refused')
  expect(peer.connection.isOpen).toBe(true)
})

test('a closed acceptor lets go of who has not said yet what it is', async () => {
  const line = await RawLine.dial(network, address)
  await acceptor.close()
  line.say('\0')
  await until(() => network.connectionCount === 0, 'the connection to be closed')
  await until(() => time.timerCount === 0, 'its deadline to be called off')
  expect(line.received).toHaveLength(0)
})

test('a taken port is the refusal of the system', async () => {
  await expect(
    new Acceptor({ listener: network, timers: time, connectionsMax, onBinary() {}, onText: null }).listen(
      address,
    ),
  ).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('a binary connection whose client ends its stream is over', async () => {
  const line = await RawLine.dial(network, address)
  line.say('\0')
  line.end()
  await until(() => network.connectionCount === 0, 'the connection to be closed')
})

test('bytes that begin a frame and are none are told so', async () => {
  const line = await RawLine.dial(network, address)
  line.say(Buffer.alloc(64))
  await line.ended()
  expect(line.text).toContain('opcode')
})

test('one address gets no more than its share, so that others are let in; a node is let in from there as well', async () => {
  const mine: Transport[] = []
  let takenFrom: (transport: Transport) => void = () => {}
  const told: (string | null)[] = []
  const shared = new Acceptor({
    listener: {
      listen: async (at, onTransport) => {
        takenFrom = onTransport
        return { address: at, close: async () => {} }
      },
    },
    timers: time,
    connectionsMax: 12,
    onBinary: (transport, onGone, busy) => {
      told.push(busy === null ? null : busy.message)
      mine.push(transport)
      transport.start({ onBytes() {}, onEnd() {}, onClosed: onGone })
    },
    onText: null,
  })
  await shared.listen(address)
  const come = (peerHost: string): TransportEvents => {
    let events!: TransportEvents
    const nothing = () => {}
    takenFrom({
      ...{
        peerHost,
        channel: null,
        write: nothing,
        pause: nothing,
        resume: nothing,
        end: nothing,
        destroy: nothing,
      },
      start(given) {
        events = given
      },
    })
    events.onBytes(Buffer.alloc(1))
    return events
  }
  const first = come('192.0.2.1')
  for (let i = 0; i < 11; i++) come('192.0.2.1')
  expect(told).toEqual([...Array(11).fill(null), '11 connections from there are open already'])
  first.onClosed(null)
  come('192.0.2.2')
  expect(told.at(-1)).toBeNull()
})

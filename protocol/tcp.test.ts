import { execFile } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { describeTransport } from '../fixtures/transport-contract.ts'
import { NetworkError } from './network-error.ts'
import { TcpNetwork } from './tcp.ts'
import type { Timers, Transport } from './world.ts'

const timers: Timers = {
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
  endOfTurn: act => void setImmediate(act),
}

describeTransport('TCP', () => new TcpNetwork(timers))

const silent = { onBytes() {}, onEnd() {}, onClosed() {} }

test('a dial that takes too long is given up with the time in the reason', async () => {
  let expire: () => void = () => {}
  const network = new TcpNetwork({
    ...timers,
    after(ms, act) {
      expect(ms).toBe(1_500)
      expire = act
      return () => {}
    },
  })
  const dialling = network.dial({ host: '127.0.0.1', port: 1 }, 1_500)
  expire()
  await expect(dialling).rejects.toThrow(/^no connection within 1500ms$/)
})

test('a dial that succeeds or fails leaves no timer behind', async () => {
  let pending = 0
  const counting: Timers = {
    ...timers,
    after() {
      pending++
      return () => pending--
    },
  }
  const network = new TcpNetwork(counting)
  const listening = await network.listen({ host: '127.0.0.1', port: 0 }, transport => transport.start(silent))
  const transport = await network.dial(listening.address, 1_000)
  expect(pending).toBe(0)
  transport.start(silent)
  transport.destroy()
  await listening.close()
  await expect(network.dial(listening.address, 1_000)).rejects.toBeInstanceOf(NetworkError)
  expect(pending).toBe(0)
})

test('a name with several addresses is refused with one reason', async () => {
  const port = await freePort()
  await expect(new TcpNetwork(timers).dial({ host: 'localhost', port }, 5_000)).rejects.toMatchObject({
    message: 'connection refused',
    code: 'ECONNREFUSED',
  })
})

test('an IPv4 peer of a listener on every address is shown as IPv4', async () => {
  const seen = new Promise<string>(resolve => {
    void new TcpNetwork(timers)
      .listen({ host: '::', port: 0 }, transport => {
        resolve(transport.peerHost)
        transport.destroy()
      })
      .then(async listening => {
        const socket = connect(listening.address.port, '127.0.0.1').on('error', () => {})
        await seen
        socket.destroy()
        await listening.close()
      })
  })
  expect(await seen).toBe('127.0.0.1')
})

test('a dialled transport reads into one buffer, whatever arrives', async () => {
  const buffers = new Set<ArrayBufferLike>()
  const network = new TcpNetwork(timers)
  const bytes = Buffer.alloc(4 * 1024 * 1024, 'z')
  const listening = await network.listen({ host: '127.0.0.1', port: 0 }, transport => {
    transport.start(silent)
    transport.write([bytes], () => {})
    transport.end()
  })
  const transport = await network.dial(listening.address, 5_000)
  const received = await receiveAll(transport, piece => buffers.add(piece.buffer))
  expect(received).toBe(bytes.length)
  expect(buffers.size).toBe(1)
  await listening.close()
})

test('half an answer ends in a reset for a program that knows nothing of frames', async () => {
  const listening = await new TcpNetwork(timers).listen({ host: '127.0.0.1', port: 0 }, transport => {
    transport.start(silent)
    transport.write([Buffer.alloc(48 * 1024 * 1024)], () => {})
    setImmediate(() => transport.destroy())
  })
  const { host, port } = listening.address
  const outcome = await new Promise<string>(resolve => {
    execFile('bash', ['-c', `cat < /dev/tcp/${host}/${port} > /dev/null`], (_error, _output, complaint) =>
      resolve(complaint),
    )
  })
  expect(outcome).toMatch(/reset/i)
  await listening.close()
})

function receiveAll(transport: Transport, onPiece: (piece: Buffer) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let length = 0
    transport.start({
      onBytes(piece) {
        length += piece.length
        onPiece(piece)
      },
      onEnd: () => transport.end(),
      onClosed: error => (error === null ? resolve(length) : reject(error)),
    })
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

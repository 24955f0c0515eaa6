/**
 * TCP as the network of the program: dials and listens, for the client and the servers alike. The only timer is the one
 * of a dial, and it is given.
 */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { durationText } from './durations.ts'
import { NetworkError } from './network-error.ts'
import { TcpTransport } from './tcp-transport.ts'
import type { Address, Dialer, Listener, Listening, Timers, Transport } from './world.ts'

/** Bytes that a dialled socket takes in one read. Accepted sockets read as Node does, 64 KiB at a time. */
const readBytes = 256 * 1024

/** Connections that may wait to be accepted; the system lowers it to its own limit. */
export const backlogMax = 4096

/** Milliseconds of silence after which the system asks whether the peer's machine is still there. */
const keepAliveAfterMs = 30_000

export const socketOptions = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: keepAliveAfterMs,
} as const

export class TcpNetwork implements Dialer, Listener {
  private readonly timers: Timers

  constructor(timers: Timers) {
    this.timers = timers
  }

  /** @throws NetworkError with the reason in words. */
  dial({ host, port }: Address, withinMs: number): Promise<Transport> {
    return new Promise((resolve, reject) => {
      let transport: TcpTransport | null = null
      const onread = {
        buffer: Buffer.allocUnsafeSlow(readBytes),
        callback: (length: number, buffer: Uint8Array) => {
          transport!.receive((buffer as Buffer).subarray(0, length))
          return true
        },
      }
      const socket = connect({ host, port, ...socketOptions, onread })
      socket.pause()
      const onFailed = (error: Error): void => {
        callOff()
        reject(new NetworkError(error))
      }
      const callOff = this.timers.after(withinMs, () => {
        socket.destroy(new Error(`no connection within ${durationText(withinMs)}`))
      })
      socket.once('error', onFailed)
      socket.once('connect', () => {
        callOff()
        socket.off('error', onFailed)
        transport = new TcpTransport(socket)
        resolve(transport)
      })
    })
  }

  /** @throws the system's error, with its `code` and `syscall`. */
  listen({ host, port }: Address, onTransport: (transport: Transport) => void): Promise<Listening> {
    return new Promise((resolve, reject) => {
      const server = createServer({ ...socketOptions, pauseOnConnect: true }, socket =>
        onTransport(accepted(socket)),
      )
      server.once('error', reject)
      server.listen({ host, port, backlog: backlogMax }, () => {
        server.off('error', reject)
        // Too many open files, for example: that connection is lost, the next one may be taken again.
        server.on('error', () => {})
        resolve(listeningOn(server))
      })
    })
  }
}

function accepted(socket: Socket): TcpTransport {
  const transport = new TcpTransport(socket)
  socket.on('data', bytes => transport.receive(bytes))
  return transport
}

export function listeningOn(server: Server): Listening {
  const { address, port } = server.address() as { address: string; port: number }
  return {
    address: { host: address, port },
    close: async () => {
      server.close()
    },
  }
}

/**
 * TLS 1.3 as the network of the program, over TCP. A dialer checks the acceptor's certificate against the authority and
 * against a name; an acceptor looks at the certificate of whoever shows one, and leaves it to others whom it takes without.
 * Clause: README.md "TLS".
 */
import { connect, createServer, type Socket } from 'node:net'
import { checkServerIdentity, type SecureContext, connect as secure, type TLSSocket } from 'node:tls'
import { durationText } from './durations.ts'
import { NetworkError } from './network-error.ts'
import { backlogMax, listeningOn, socketOptions } from './tcp.ts'
import { TcpTransport } from './tcp-transport.ts'
import { AcceptedTls, channelOf } from './tls-accepted.ts'
import type { Address, Dialer, Listener, Listening, Timers, Transport } from './world.ts'

export interface TlsOptions {
  readonly timers: Timers
  /** Made for TLS 1.3 alone (tls-context.ts). */
  readonly context: SecureContext
}

export class TlsNetwork implements Dialer, Listener {
  private readonly options: TlsOptions

  constructor(options: TlsOptions) {
    this.options = options
  }

  /** @throws NetworkError with the reason in words. */
  dial({ host, port }: Address, withinMs: number, name: string | null = null): Promise<Transport> {
    return new Promise((resolve, reject) => {
      const raw = connect({ host, port, ...socketOptions })
      let socket: TLSSocket | null = null
      const fail = (error: Error): void => {
        callOff()
        socket?.destroy()
        raw.destroy()
        reject(new NetworkError(error))
      }
      const callOff = this.options.timers.after(withinMs, () =>
        fail(new Error(`no connection within ${durationText(withinMs)}`)),
      )
      raw.once('error', fail)
      raw.once('connect', () => {
        socket = this.shakeHands(raw, name ?? host)
        socket.once('error', fail)
        socket.once('close', () => fail(new Error('the peer closed the connection')))
        socket.once('secureConnect', () => {
          callOff()
          raw.off('error', fail)
          for (const event of ['error', 'close']) socket!.removeAllListeners(event)
          resolve(carried(socket!, raw))
        })
      })
    })
  }

  /** @throws the system's error, with its `code` and `syscall`. */
  listen({ host, port }: Address, onTransport: (transport: Transport) => void): Promise<Listening> {
    const { context } = this.options
    return new Promise((resolve, reject) => {
      const server = createServer({ ...socketOptions, pauseOnConnect: true }, raw =>
        onTransport(new AcceptedTls(raw, context)),
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

  private shakeHands(raw: Socket, expected: string): TLSSocket {
    return secure({
      socket: raw,
      secureContext: this.options.context,
      ...(isAddress(expected) ? {} : { servername: expected }),
      checkServerIdentity: (_, certificate) => checkServerIdentity(expected, certificate),
    })
  }
}

/** An address cannot be asked for by name. */
function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host)
}

function carried(socket: TLSSocket, raw: Socket): Transport {
  socket.pause()
  const transport = new TcpTransport(socket, { raw, channel: channelOf(socket) })
  socket.on('data', bytes => transport.receive(bytes))
  socket.pause()
  return transport
}

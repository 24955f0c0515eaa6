/**
 * A connection as an acceptor that speaks TLS takes it: the first byte says whether the peer begins a handshake. Whoever
 * does not, or shows a certificate that is not of the authority, is told so in one sentence and let go. Nothing here waits
 * on a timer: whoever takes the connection gives it a time for its first byte, which comes behind the handshake.
 */
import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { plainHost } from './addresses.ts'
import { ConcurError } from './errors.ts'
import { goawayBytes } from './goaway.ts'
import { NetworkError } from './network-error.ts'
import { TcpTransport } from './tcp-transport.ts'
import type { Channel, Transport, TransportEvents } from './world.ts'

const handshakeFirstByte = 0x16
const binaryFirstByte = 0x00

const exporterLabel = 'EXPORTER-concur-proof-1'
const bindingBytes = 32

/** What a connection is known by, once the handshake is done. */
export function channelOf(socket: TLSSocket): Channel {
  // The types want a context; the label alone says what these bytes are for.
  const binding = (socket.exportKeyingMaterial as (length: number, label: string) => Buffer)(
    bindingBytes,
    exporterLabel,
  )
  const certificate = socket.getPeerX509Certificate()
  return { binding, peerNames: certificate === undefined ? null : namesIn(certificate.subjectAltName ?? '') }
}

/** `DNS:server2, IP Address:192.0.2.2` → the names alone. */
function namesIn(subjectAltName: string): string[] {
  return subjectAltName.split(', ').map(name => name.replace(/^(DNS|IP Address):/, ''))
}

/** A socket of ours at the server's end. Node asks OpenSSL for this itself where it has made the server, too. */
interface Verifying {
  readonly ssl: { verifyError(): Error | null }
}

export class AcceptedTls implements Transport {
  readonly peerHost: string
  private readonly raw: Socket
  private readonly context: SecureContext
  private socket: TLSSocket | null = null
  private carried: TcpTransport | null = null
  private failure: NetworkError | null = null
  private events: TransportEvents | null = null
  /** What is done as soon as the handshake is. */
  private readonly waiting: ((carried: TcpTransport) => void)[] = []

  /** `raw`: connected, allowed to be half open, and not reading yet. */
  constructor(raw: Socket, context: SecureContext) {
    this.raw = raw
    this.context = context
    this.peerHost = plainHost(raw.remoteAddress ?? 'unknown')
    raw.on('error', this.onError)
  }

  get channel(): Channel | null {
    return this.carried?.channel ?? null
  }

  start(events: TransportEvents): void {
    this.events = events
    if (this.raw.destroyed) return queueMicrotask(() => events.onClosed(this.failure))
    this.raw.once('close', this.onClosed)
    this.raw.once('readable', () => this.onFirstByte())
  }

  write(buffers: readonly Buffer[], onFlushed: () => void): void {
    this.whenCarried(carried => carried.write(buffers, onFlushed))
  }

  pause(): void {
    this.whenCarried(carried => carried.pause())
  }

  resume(): void {
    this.whenCarried(carried => carried.resume())
  }

  end(): void {
    this.whenCarried(carried => carried.end())
  }

  destroy(): void {
    if (this.carried !== null) return this.carried.destroy()
    this.socket?.destroy()
    this.raw.destroy()
  }

  private onFirstByte(): void {
    const first = this.raw.read(1) as Buffer | null
    if (first === null) {
      this.raw.destroy()
      return
    }
    this.raw.unshift(first)
    if (first[0] === handshakeFirstByte) this.shakeHands()
    else this.refusePlain(first[0] === binaryFirstByte)
  }

  private refusePlain(isBinary: boolean): void {
    const sentence = 'this server speaks TLS: give --tls-ca'
    this.raw.resume()
    this.raw.end(isBinary ? goawayBytes(new ConcurError('UNAUTHENTICATED', sentence)) : `ERROR|${sentence}`)
  }

  private shakeHands(): void {
    const { raw, context } = this
    const options = { isServer: true, secureContext: context, requestCert: true, rejectUnauthorized: false }
    const socket = new TLSSocket(raw, options)
    this.socket = socket
    socket.on('error', this.onError)
    socket.on('_tlsError', this.onError)
    socket.once('close', () => raw.destroy())
    socket.once('secure', () => this.onSecured(socket))
  }

  private onSecured(socket: TLSSocket): void {
    const { raw } = this
    const channel = channelOf(socket)
    const wrong = channel.peerNames === null ? null : (socket as unknown as Verifying).ssl.verifyError()
    if (wrong !== null) return this.refuseCertificate(socket, wrong)
    raw.off('close', this.onClosed)
    socket.removeAllListeners('close')
    const carried = new TcpTransport(socket, { raw, channel })
    this.carried = carried
    socket.on('data', bytes => carried.receive(bytes))
    carried.start(this.events!)
    for (const act of this.waiting.splice(0)) act(carried)
  }

  private whenCarried(act: (carried: TcpTransport) => void): void {
    if (this.carried !== null) act(this.carried)
    else this.waiting.push(act)
  }

  private refuseCertificate(socket: TLSSocket, wrong: Error): void {
    const { message } = new NetworkError(wrong)
    socket.resume()
    socket.end(goawayBytes(new ConcurError('UNAUTHENTICATED', `the certificate that was shown: ${message}`)))
  }

  private readonly onError = (error: Error): void => {
    this.failure ??= new NetworkError(error)
    if (this.carried === null) this.destroy()
  }

  private readonly onClosed = (): void => {
    this.events?.onClosed(this.failure)
  }
}

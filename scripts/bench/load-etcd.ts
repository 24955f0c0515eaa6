/**
 * Puts of 1 KiB to etcd, and linearizable gets of them: gRPC over one HTTP/2 connection, a stream a call, as its own client
 * does it.
 */
import { type ClientHttp2Session, connect } from 'node:http2'
import { smallBytes, smallContent } from './contents.ts'
import type { Lane, LaneEvents } from './load-rate.ts'

/** Keys that are put, or got, round and round. */
const keys = 64

/** A field of bytes in a protobuf message. */
function bytesField(number: number, bytes: Buffer): Buffer {
  const length = bytes.length < 0x80 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7]
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes])
}

export type EtcdCall = 'put' | 'get'

/** Behind the five bytes that gRPC puts in front of a message: not compressed, its length. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

const allKeys = Array.from({ length: keys }, (_, number) => bytesField(1, Buffer.from(`key-${number}`)))
const headersOf = (path: string) => ({
  ':method': 'POST',
  ':path': path,
  'content-type': 'application/grpc',
  te: 'trailers',
})

const calls: Record<
  EtcdCall,
  { headers: ReturnType<typeof headersOf>; requests: Buffer[]; bytesMin: number }
> = {
  put: {
    headers: headersOf('/etcdserverpb.KV/Put'),
    requests: allKeys.map((key, number) =>
      framed(Buffer.concat([key, bytesField(2, smallContent(number).subarray(0, smallBytes))])),
    ),
    bytesMin: 0,
  },
  // A RangeRequest that says nothing but the key is linearizable.
  get: { headers: headersOf('/etcdserverpb.KV/Range'), requests: allKeys.map(framed), bytesMin: smallBytes },
}

export class EtcdLane implements Lane {
  private readonly session: ClientHttp2Session
  private readonly events: LaneEvents
  private readonly call: EtcdCall
  private next = 0

  static async open(port: number, events: LaneEvents, call: EtcdCall): Promise<EtcdLane> {
    const session = await connected(port, events)
    if (call === 'get') for (let key = 0; key < keys; key++) await answered(session, 'put', key)
    return new EtcdLane(session, events, call)
  }

  private constructor(session: ClientHttp2Session, events: LaneEvents, call: EtcdCall) {
    this.session = session
    this.events = events
    this.call = call
  }

  ask(): void {
    answered(this.session, this.call, this.next++ % keys).then(
      () => this.events.onAnswer(),
      error => this.events.onFailed(error),
    )
  }

  close(): void {
    this.session.destroy()
  }
}

function connected(port: number, events: LaneEvents): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`)
    session.once('error', reject)
    session.on('error', error => events.onFailed(error))
    session.once('connect', () => resolve(session))
  })
}

/** @throws Error when the answer was none, or too short to hold the value. */
function answered(session: ClientHttp2Session, call: EtcdCall, key: number): Promise<void> {
  const { headers, requests, bytesMin } = calls[call]
  return new Promise((resolve, reject) => {
    const stream = session.request(headers)
    let status: string | undefined
    let bytes = 0
    stream.on('trailers', trailers => {
      status = String(trailers['grpc-status'])
    })
    stream.on('error', reject)
    stream.on('data', (part: Buffer) => {
      bytes += part.length
    })
    stream.on('end', () => {
      if (status === '0' && bytes > bytesMin) resolve()
      else reject(new Error(`etcd answered a ${call} with status ${status} and ${bytes} bytes`))
    })
    stream.end(requests[key]!)
  })
}

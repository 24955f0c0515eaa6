/** Puts of 1 KiB to etcd: gRPC over one HTTP/2 connection, a stream a put, as its own client does it. */
import { type ClientHttp2Session, connect } from 'node:http2'
import { smallBytes, smallContent } from './contents.ts'
import type { Lane, LaneEvents } from './load-rate.ts'

/** Keys that are put round and round. */
const keys = 64

/** A field of bytes in a protobuf message. */
function bytesField(number: number, bytes: Buffer): Buffer {
  const length = bytes.length < 0x80 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7]
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes])
}

/** PutRequest behind the five bytes that gRPC puts in front of a message: not compressed, its length. */
function putRequest(number: number): Buffer {
  const key = bytesField(1, Buffer.from(`key-${number}`))
  const message = Buffer.concat([key, bytesField(2, smallContent(number).subarray(0, smallBytes))])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

const requests = Array.from({ length: keys }, (_, number) => putRequest(number))
const headers = {
  ':method': 'POST',
  ':path': '/etcdserverpb.KV/Put',
  'content-type': 'application/grpc',
  te: 'trailers',
}

export class EtcdLane implements Lane {
  private readonly session: ClientHttp2Session
  private readonly events: LaneEvents
  private next = 0

  static open(port: number, events: LaneEvents): Promise<EtcdLane> {
    return new Promise((resolve, reject) => {
      const session = connect(`http://127.0.0.1:${port}`)
      session.once('error', reject)
      session.on('error', error => events.onFailed(error))
      session.once('connect', () => resolve(new EtcdLane(session, events)))
    })
  }

  private constructor(session: ClientHttp2Session, events: LaneEvents) {
    this.session = session
    this.events = events
  }

  ask(): void {
    const stream = this.session.request(headers)
    let status: string | undefined
    stream.on('trailers', trailers => {
      status = String(trailers['grpc-status'])
    })
    stream.on('error', error => this.events.onFailed(error))
    stream.on('end', () => {
      if (status === '0') this.events.onAnswer()
      else this.events.onFailed(new Error(`etcd answered a put with status ${status}`))
    })
    stream.resume()
    stream.end(requests[this.next++ % keys]!)
  }

  close(): void {
    this.session.destroy()
  }
}

/** The codecs of single fields that messages and records share. Clause: README.md "Types". */
import { type Codec, list, parsed, text, u16 } from './codec.ts'
import { type Digest, digestFromHex, digestHex } from './digest.ts'
import { ConcurError, type ErrorCode, errorCodeOf, errorNumber } from './errors.ts'
import { parseClientId, parseClusterId, parseNodeId, parseNodeName } from './ids.ts'
import { bucketsMax, digestBytes, peerBytesMax, reasonBytesMax, sentenceBytesMax } from './limits.ts'
import { type FilePath, type FolderPath, parsePath, wholeTree } from './path.ts'

export const nothing: Codec<Record<string, never>> = { write: () => {}, read: () => ({}) }

export const nodeName = parsed(parseNodeName)
export const nodeId = parsed(parseNodeId)
export const clusterId = parsed(parseClusterId)
export const clientId = parsed(parseClientId)
export const sentence = text(sentenceBytesMax)
export const reason = text(reasonBytesMax)
/** From where somebody asks: an address, or the node that relays. */
export const peerText = text(peerBytesMax)

export const path: Codec<FilePath> = { write: (w, v) => w.text(v), read: r => parsePath(r.text()) }

export const folderPath: Codec<FolderPath> = {
  write: (w, v) => w.text(v),
  read(r) {
    const value = r.text()
    return value === '' ? wholeTree : parsePath(value)
  },
}

export const digest: Codec<Digest> = {
  write: (w, v) => w.hex(digestHex(v)),
  read: r => digestFromHex(r.hex(digestBytes)),
}

export const errorCode: Codec<ErrorCode> = {
  write: (w, v) => w.u16(errorNumber(v)),
  read: r => errorCodeOf(r.u16()) ?? 'INTERNAL',
}

/** A time as milliseconds since 1970, whole. */
export const timeMs: Codec<number> = {
  write: (w, v) => w.u64(Math.max(0, Math.floor(v))),
  read: r => r.u64(),
}

/** One of the buckets into which the paths of a tree fall. */
export const bucket: Codec<number> = {
  write: (w, v) => w.u16(v),
  read(r) {
    const value = u16.read(r)
    if (value >= bucketsMax) throw new ConcurError('BAD_FRAME', 'a bucket that is none')
    return value
  },
}

export const buckets = list(bucket, bucketsMax)

/** The codecs of single fields that messages and records share. Clause: README.md "Types". */
import { type Codec, parsed, text } from './codec.ts'
import { type Digest, digestFromHex, digestHex } from './digest.ts'
import { type ErrorCode, errorCodeOf, errorNumber } from './errors.ts'
import { parseClientId, parseClusterId, parseNodeId, parseNodeName } from './ids.ts'
import { digestBytes, reasonBytesMax, sentenceBytesMax } from './limits.ts'
import { type FilePath, type FolderPath, parsePath, wholeTree } from './path.ts'

export const nothing: Codec<Record<string, never>> = { write: () => {}, read: () => ({}) }

export const nodeName = parsed(parseNodeName)
export const nodeId = parsed(parseNodeId)
export const clusterId = parsed(parseClusterId)
export const clientId = parsed(parseClientId)
export const sentence = text(sentenceBytesMax)
export const reason = text(reasonBytesMax)

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

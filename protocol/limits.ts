/**
 * Every limit of the wire, in one place. Nouns first, unit and bound last. The relations between them are
 * asserted when the module loads. Clause: README.md "Limits".
 */
const KiB = 1024
const MiB = 1024 * KiB

/** Bytes of a frame's header. */
export const frameHeaderBytes = 12

/** Bytes of file content, or of a list of block digests, in one frame. */
export const chunkBytesMax = 256 * KiB

/** Bytes of a frame's body. Any frame that announces more is refused on its header. */
export const frameBodyBytesMax = chunkBytesMax

/** Bytes of flow-controlled bodies that one direction of a stream may have under way before the receiver grants more. */
export const streamCreditBytes = 1 * MiB

/** Bytes of flow frames that may wait in front of a control frame: a block, and the headers of its chunks. */
export const chunkBytesAheadMax = 1 * MiB + 4 * frameHeaderBytes

/** Streams that one client may have open at once on a connection; the next is answered BUSY. */
export const streamsPerConnectionMax = 1024

/**
 * Requests of clients that a server works on at once, over all connections; the next is answered BUSY before anything was
 * begun. Those that only wait are not counted.
 */
export const requestsAtWorkMax = 4096

/** Of them, those that carry bytes of files: each may hold about 1 MiB as long as its client does not take it. */
export const carryingAtWorkMax = 512

/** Of these, those of one connection: nobody else waits for what one client leaves lying. */
export const carryingPerConnectionMax = 64

/**
 * Bytes of a file that one of them must move within so many milliseconds where it is its client's turn. Who is slower gives way
 * once others are turned away for want of a place; until then it may take its time, since a person may sit there.
 */
export const rateBytesMin = 64 * KiB
export const rateWithinMs = 30_000

/** Of the connections that a server takes, those in a hundred that one address may have: somebody else is always let in. */
export const connectionsPerAddressPercentMax = 91

/** Milliseconds without any request after which a client's connection is ended: it dials again when it needs to. */
export const idleWithinMsMax = 600_000

/** Milliseconds in which a client that sends a file must send some of it: a person may sit at the other end. */
export const uploadWithinMsMax = 600_000

/** The stream whose opening ends its connection in order, so that no number is used twice. */
export const streamNumberLast = 2 ** 32 - 2 ** 20

/** Streams that a coordinator may have open at once on a link to a replica: links have reserved capacity. */
export const streamsPerLinkMax = 1024 * KiB

/** Bytes of frames that may wait unsent for one peer before it is given up as not reading. */
export const unsentBytesMax = 16 * MiB

/** Bytes of answers unsent for a client beyond which no more of its requests are read. */
export const unsentBytesPause = 1 * MiB

/** Frames of one dialer that a turn works on; the rest waits for the next one, so that others have theirs. */
export const framesPerTurnMax = 64

/** Milliseconds of work on what peers sent, and on what is due for them, after which the rest waits for the next turn. */
export const turnMsMax = 5

/** Bytes that a replica holds for one client it relays, before it stops reading what the coordinator sends. */
export const relayedBytesPause = 2 * MiB

/** Milliseconds in which a peer that has bytes to take must take some. */
export const drainWithinMsMax = 30_000

/** Milliseconds that a GOAWAY has to leave before its connection is cut. */
export const goawayWithinMsMax = 1_000

/** Bytes of one block of a file: what is hashed, checked and resumed as one. */
export const blockBytes = 1 * MiB

/** Bytes of the largest file. */
export const fileBytesMax = 1024 * 1024 * MiB

/** Bytes of a digest. */
export const digestBytes = 32

/** Bytes of the nonce that each side of a session with keys takes for it alone. */
export const nonceBytes = 32

/** Bytes of a proof that a side holds a key. */
export const proofBytes = 32

/** Failed proofs of one address within `failedProofsWithinMs` milliseconds that slow it down. */
export const failedProofsMax = 5
export const failedProofsWithinMs = 60_000

/** Milliseconds that an address which is slowed down waits for its challenge: less than a node's patience for HELLO. */
export const failedProofPauseMs = 500

/** Addresses of which failures are remembered. */
export const failedAddressesMax = 10_000

/** Bytes of a path in UTF-8. */
export const pathBytesMax = 4096

/** Bytes of one part of a path. */
export const pathPartBytesMax = 255

/** Bytes of an escaped path: a folder's, and a name of which every byte is escaped. */
export const escapedBytesMax = pathBytesMax + 1 + 4 * pathPartBytesMax

/** Ranges of blocks that one WANTED has. */
export const wantedRangesMax = 0x7fff

/** Ranges of blocks that one FETCH asks for. */
export const fetchRangesMax = 512

/** Configured nodes of one cluster, the coordinator included. */
export const nodesMax = 32

/** Bytes of entries that one page of a listing aims at. */
export const pageBytesAim = 32 * KiB

/** Into so many buckets the paths of a tree fall, so that what differs is found without comparing everything. */
export const bucketsMax = 4096

/** Bytes of the sum of a bucket. */
export const sumBytes = 16

/** Bytes of a sentence (an error's message, a reason) on the wire. */
export const sentenceBytesMax = 16 * KiB

/** Bytes of a reason: what a verdict or a status says of one node. All nodes' reasons fit into one frame. */
export const reasonBytesMax = 1 * KiB

/** Bytes of a change that ride beside its record; more go ahead of it into a staged file. */
export const inlineBytesMax = 64 * KiB

/** Bytes of one record. */
export const recordBytesMax = 16 * KiB

/** Bytes of records that one frame aims at. */
export const recordsBytesAim = 128 * KiB

/** Changes whose results are kept, so that one that is sent again happens once. */
export const resultsKeptMax = 100_000

/** Marked paths that a heartbeat names, so that a path which several nodes name is counted once. */
export const markedNamesMax = 64

/** Bytes of a client's id. */
export const clientIdBytesMax = 255

/** Bytes of what is told of where somebody asks from. */
export const peerBytesMax = 300

/** Milliseconds that a lock lasts, at the least and at the most. */
export const lockTtlMsMin = 1_000
export const lockTtlMsMax = 30 * 24 * 60 * 60 * 1_000

/** Locks that are held at once: all of them may end in one turn of the event loop. */
export const locksMax = 4_000

/** Paths of which the newest token is known though nobody holds them. */
export const tokensKeptMax = 100_000

/** Bytes of locks that one status tells. */
export const statusLocksBytesMax = 64 * KiB

/** Milliseconds in which a new connection must have said HELLO. */
export const helloWithinMsMax = 5_000

/** Milliseconds between two PROGRESS frames of one request that is still working. */
export const progressEveryMs = 500

function assertLimit(holds: boolean, relation: string): void {
  if (!holds) throw new Error(`limits contradict each other: ${relation}`)
}

assertLimit(failedProofPauseMs < helloWithinMsMax, 'who is slowed down is still heard')
assertLimit(frameBodyBytesMax < 2 ** 24, 'a body length leaves the first byte of a frame 0x00')
assertLimit(chunkBytesMax <= frameBodyBytesMax, 'a chunk fits into a frame')
assertLimit(chunkBytesMax <= streamCreditBytes, 'the first credit admits a whole chunk')
assertLimit(blockBytes % chunkBytesMax === 0, 'a block is a whole number of chunks')
assertLimit(chunkBytesMax % digestBytes === 0, 'a chunk holds a whole number of digests')
assertLimit(
  sentenceBytesMax + nodesMax * 3 * reasonBytesMax < frameBodyBytesMax,
  'a verdict with a note and a detail of every node fits into a frame',
)
assertLimit(2 * pathBytesMax + 3 * nodesMax * digestBytes + 1_024 < recordBytesMax, 'every record fits')
assertLimit(pathBytesMax + clientIdBytesMax + peerBytesMax + 1_024 < recordBytesMax, 'every lock fits')
assertLimit(
  statusLocksBytesMax + nodesMax * 5 * reasonBytesMax < frameBodyBytesMax,
  'a status with reasons of every node and locks fits into a frame',
)
assertLimit(
  recordsBytesAim + recordBytesMax + inlineBytesMax + 64 <= frameBodyBytesMax,
  'records and one more with its bytes fit into a frame',
)
assertLimit(64 + bucketsMax * (2 + 2 + sumBytes) < frameBodyBytesMax, 'the sums of a tree fit into a frame')
assertLimit(
  pageBytesAim + 2 * (escapedBytesMax + nodesMax * 128) < frameBodyBytesMax,
  'a page and one more entry fit into a frame',
)

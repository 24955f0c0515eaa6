import fc from 'fast-check'
import { change as anyChange, record as anyRecord, deletedEntries } from '../fixtures/arbitrary-records.ts'
import { digestOf } from './digest.ts'
import { ConcurError } from './errors.ts'
import type { Incarnation, NodeName, Nonce, RecordHash, StageId } from './ids.ts'
import { inlineBytesMax, nodesMax, recordBytesMax } from './limits.ts'
import { parsePath } from './path.ts'
import {
  bodyOf,
  type Change,
  type JournalRecord,
  newEntry,
  noHash,
  pathsOf,
  readDeletedEntries,
  readEntry,
  recordHash,
  writeDeletedEntries,
} from './record.ts'

const path = parsePath('docs/a.txt')
const { digest } = digestOf(Buffer.from('x'))
const other = digestOf(Buffer.from('y')).digest
const epoch = { number: 3, incarnation: '5a'.repeat(16) as Incarnation }
const nobody = { epoch, committedSeq: 0, timeMs: 1_000, client: null, operation: null }
const inline = { bytes: 1, stage: null }
const put: Change = {
  type: 'put',
  path,
  base: null,
  seen: [],
  digest,
  size: 1,
  executable: null,
  body: inline,
}

function recordOf(change: Change, place: Partial<JournalRecord> = {}): JournalRecord {
  return { ...nobody, seq: 1, previous: noHash, change, ...place }
}

function codeOf(act: () => unknown): string {
  try {
    act()
    return 'none'
  } catch (error) {
    if (!(error instanceof ConcurError)) throw error
    return error.code
  }
}

describe('a record', () => {
  test('comes back as it was written, whatever it says', () => {
    fc.assert(
      fc.property(anyRecord, record => {
        const entry = newEntry(record, null)
        const read = readEntry(entry.bytes, null)
        expect(read.record).toEqual(record)
        expect(read.bytes.equals(entry.bytes)).toBe(true)
        expect(read.hash).toBe(entry.hash)
      }),
      { numRuns: 300 },
    )
  })

  test('that is cut anywhere is refused', () => {
    fc.assert(
      fc.property(anyRecord, record => {
        const { bytes } = newEntry(record, null)
        for (let length = 0; length < bytes.length; length++) {
          expect(codeOf(() => readEntry(bytes.subarray(0, length), null))).toBe('BAD_FRAME')
        }
      }),
      { numRuns: 30 },
    )
  })

  test('with a byte more is refused', () => {
    const { bytes } = newEntry(recordOf(put), null)
    expect(codeOf(() => readEntry(Buffer.concat([bytes, Buffer.alloc(1)]), null))).toBe('BAD_FRAME')
  })

  test('with any byte changed is another record, or none', () => {
    const { bytes, hash } = newEntry(recordOf(put), null)
    const codes = new Set<string>()
    for (let at = 0; at < bytes.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const spoilt = Buffer.from(bytes)
        spoilt[at]! ^= change
        codes.add(codeOf(() => expect(readEntry(spoilt, null).hash).not.toBe(hash)))
      }
    }
    expect([...codes].sort()).toEqual(['BAD_FRAME', 'BAD_PATH', 'none'])
  })

  test.each([
    ['out of the tree', '../a'],
    ['the server’s own', '.concur/journal/1'],
  ])('with a path that is %s is refused as BAD_PATH', (_, name) => {
    const { bytes } = newEntry(recordOf({ type: 'mkdir', path: name as never }), null)
    expect(codeOf(() => readEntry(bytes, null))).toBe('BAD_PATH')
  })

  test('fits its limit however much it says', () => {
    const longest = parsePath(Array.from({ length: 16 }, () => 'p'.repeat(255)).join('/'))
    const seen = Array.from({ length: nodesMax }, () => digest)
    const operation = {
      nonce: 'f'.repeat(32) as Nonce,
      counter: Number.MAX_SAFE_INTEGER,
      floor: Number.MAX_SAFE_INTEGER,
    }
    const members = Array.from({ length: nodesMax }, (_, at) => ({
      name: `${at}`.padStart(32, 'n') as NodeName,
      nodeId: 'f'.repeat(32) as never,
    }))
    const reason = 'r'.repeat(20_000)
    const changes: Change[] = [
      { type: 'begin', members },
      { type: 'leave', node: members[0]!.name, reason, journaledSeq: 1 },
      { type: 'abandoned', abandonedSeq: 1, reason },
      {
        type: 'rename',
        from: longest,
        to: longest,
        what: 'file',
        base: digest,
        seen,
        replaces: true,
        baseTo: digest,
        seenTo: seen,
      },
    ]
    for (const change of changes) {
      const record = recordOf(change, { operation, client: 'c'.repeat(255) as never })
      expect(newEntry(record, null).bytes.length).toBeLessThanOrEqual(recordBytesMax)
    }
  })
})

describe('the chain', () => {
  /** Three records, each on the one before; `spoil` changes the first. */
  function chain(spoil: Partial<JournalRecord> = {}): RecordHash[] {
    const hashes: RecordHash[] = []
    for (const seq of [1, 2, 3]) {
      const previous = hashes.at(-1) ?? noHash
      const { hash } = newEntry(recordOf(put, { seq, previous, ...(seq === 1 ? spoil : {}) }), null)
      hashes.push(hash)
    }
    return hashes
  }

  test('has the same hashes for the same records, each another one', () => {
    expect(chain()).toEqual(chain())
    expect(new Set([noHash, ...chain()]).size).toBe(4)
    expect(chain().every(hash => /^[0-9a-f]{64}$/.test(hash))).toBe(true)
  })

  test.each([
    ['of another change', { change: { ...put, digest: other } }],
    ['of another term', { epoch: { ...epoch, number: 4 } }],
    [
      'of another start of the same term',
      { epoch: { ...epoch, incarnation: 'a5'.repeat(16) as Incarnation } },
    ],
    ['of another time', { timeMs: 1_001 }],
    ['that knew another one to be committed', { committedSeq: 1 }],
  ])('whose first record is one %s has no hash in common with it', (_, spoil) => {
    const whole = chain()
    for (const hash of chain(spoil)) expect(whole).not.toContain(hash)
  })

  test('does not depend on the bytes beside the records, which may be left out', () => {
    const [with_, without] = [newEntry(recordOf(put), Buffer.from('x')), newEntry(recordOf(put), null)]
    expect(with_.hash).toBe(without.hash)
    expect(readEntry(with_.bytes, null).hash).toBe(with_.hash)
  })

  test('hashes no file’s bytes: a record and a block of the same bytes have different hashes', () => {
    const { bytes } = newEntry(recordOf(put), null)
    const { blockDigests } = digestOf(bytes)
    expect(recordHash(bytes)).not.toBe(blockDigests.toString('hex'))
  })
})

describe('the bytes of a change', () => {
  const staged = { bytes: inlineBytesMax + 1, stage: 'ab'.repeat(16) as StageId }
  const none = { bytes: 0, stage: null }
  const folder: Change = { type: 'delete', path, what: 'folder', base: null, seen: [], body: staged }

  test.each<[string, Change, unknown]>([
    ['a put has beside its record', put, inline],
    ['a put has in a stage', { ...put, body: staged }, staged],
    ['a put of nothing has not', { ...put, size: 0, body: none }, null],
    [
      'an append adds',
      { type: 'append', path, base: null, seen: [], offset: 9, digest, size: 10, body: inline },
      inline,
    ],
    ['a delete of a folder has for its list', folder, staged],
    ['a delete of a file has not', { ...folder, what: 'file', body: none }, null],
    ['a mkdir has not', { type: 'mkdir', path }, null],
    ['a record of members has not', { type: 'begin', members: [] }, null],
  ])('are those that %s', (_, change, body) => {
    expect(bodyOf(change)).toEqual(body)
  })

  test.each<[string, string, Change, number, string]>([
    ['taken', 'as many as it says', put, 1, 'none'],
    ['refused', 'one too many', put, 2, 'BAD_FRAME'],
    ['refused', 'empty where there is one', put, 0, 'BAD_FRAME'],
    ['taken', 'empty where there is none', { ...put, size: 0, body: none }, 0, 'none'],
    ['refused', 'in a stage as well', { ...put, body: staged }, inlineBytesMax + 1, 'BAD_FRAME'],
    ['refused', 'not its own, as of a mkdir', { type: 'mkdir', path }, 1, 'BAD_FRAME'],
  ])('are %s beside a record when they are %s', (_, __, change, length, code) => {
    const { bytes } = newEntry(recordOf(change), null)
    expect(codeOf(() => readEntry(bytes, Buffer.alloc(length)))).toBe(code)
    expect(codeOf(() => readEntry(bytes, null))).toBe('none')
  })

  test('are never there where their number is 0', () => {
    fc.assert(fc.property(anyChange, change => bodyOf(change) === null || bodyOf(change)!.bytes > 0))
  })
})

test('a change names its path, a rename both of its paths, and a record of members none', () => {
  const to = parsePath('b')
  const rest = { base: null, seen: [], baseTo: null, seenTo: [] }
  expect(pathsOf(put)).toEqual(['docs/a.txt'])
  const rename: Change = { type: 'rename', from: path, to, what: 'file', replaces: false, ...rest }
  expect(pathsOf(rename)).toEqual(['docs/a.txt', 'b'])
  expect(pathsOf({ type: 'leave', node: 'server2' as NodeName, reason: '', journaledSeq: 1 })).toEqual([])
  expect(pathsOf({ type: 'abandoned', abandonedSeq: 1, reason: '' })).toEqual([])
})

describe('the list of what a folder’s delete takes', () => {
  test('comes back as it was written', () => {
    fc.assert(
      fc.property(deletedEntries, entries => {
        expect(readDeletedEntries(writeDeletedEntries(entries))).toEqual(entries)
      }),
    )
    expect(writeDeletedEntries([])).toHaveLength(0)
  })

  test('is refused when it is cut anywhere but between two entries', () => {
    const one = writeDeletedEntries([{ path, what: 'file', seen: [digest] }])
    const two = Buffer.concat([one, one])
    const whole = new Set([0, one.length, two.length])
    for (let length = 0; length <= two.length; length++) {
      const code = codeOf(() => readDeletedEntries(two.subarray(0, length)))
      expect(code).toBe(whole.has(length) ? 'none' : 'BAD_FRAME')
    }
  })
})

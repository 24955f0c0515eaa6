import { digest } from '../changes.fixture.ts'
import type { PathState } from '../path-index.ts'
import { type Deviation, deviationOf, type Found } from './deviation.ts'

const states: Record<string, PathState> = {
  file: { seq: 1, is: 'file', digest: digest('one'), size: 3 },
  'moved file': { seq: 1, is: 'file', digest: null, size: null },
  'file of unknown size': { seq: 1, is: 'file', digest: digest('one'), size: null },
  folder: { seq: 1, is: 'folder' },
  absent: { seq: 1, is: 'absent' },
}

const found: Record<string, Found> = {
  same: { is: 'file', size: 3, digest: digest('one') },
  'other bytes': { is: 'file', size: 3, digest: digest('two') },
  unread: { is: 'file', size: 3, digest: null },
  longer: { is: 'file', size: 4, digest: null },
  nothing: { is: 'absent' },
  folder: { is: 'folder' },
  link: { is: 'other', what: 'link' },
  mount: { is: 'other', what: 'mount' },
  unreadable: { is: 'unreadable', reason: 'the server may not read it' },
}

type Said = Deviation | 'unknown' | null

/** By what the journal says: same, other bytes, unread, longer, nothing, folder, link, mount, unreadable. */
const table: Record<string, readonly Said[]> = {
  file: [
    null,
    'edited',
    'unknown',
    'edited',
    'missing',
    'of another type',
    'of another type',
    'of another type',
    'unreadable',
  ],
  'moved file': [
    null,
    null,
    null,
    null,
    'missing',
    'of another type',
    'of another type',
    'of another type',
    'unreadable',
  ],
  'file of unknown size': [
    null,
    'edited',
    'unknown',
    'unknown',
    'missing',
    'of another type',
    'of another type',
    'of another type',
    'unreadable',
  ],
  folder: [
    'of another type',
    'of another type',
    'of another type',
    'of another type',
    'missing',
    null,
    'of another type',
    'of another type',
    'unreadable',
  ],
  absent: [
    'there again',
    'there again',
    'there again',
    'there again',
    null,
    'there again',
    'there again',
    'there again',
    null,
  ],
}

const cells = Object.entries(table).flatMap(([state, row]) =>
  Object.keys(found).map((held, at) => [state, held, row[at]] as const),
)

test.each(cells)('where the journal has: %s, and the disk: %s, that is %s', (state, held, said) => {
  expect(deviationOf(states[state]!, found[held]!)).toBe(said)
})

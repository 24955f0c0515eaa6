import { ConcurError } from '../protocol/errors.ts'
import { fencedBecause } from './fenced-because.ts'

const because = (fence: string | null, failure: ConcurError | null) =>
  fencedBecause({ fence: { reason: fence }, journal: { failure } } as never)

const failed = new ConcurError('IO_ERROR', 'the journal could not be written')

test('a store takes changes as long as neither its fence nor its journal says otherwise', () => {
  expect(because(null, null)).toBeNull()
})

test('a store that does not is read only, whatever failed; the fence says why before the journal does', () => {
  expect(because('a flush failed', failed)).toMatchObject({
    code: 'READ_ONLY',
    message: 'this node takes no changes: a flush failed',
  })
  expect(because(null, failed)).toMatchObject({
    code: 'READ_ONLY',
    message: 'this node takes no changes: the journal could not be written',
  })
})

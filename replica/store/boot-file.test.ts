/** A store knows whether the system was started since it was open last, until it has looked after what that means. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { commitAll, journalOnly, put, settle } from './changes.fixture.ts'
import { openTemporaryStore, temporaryFolder } from './store.fixture.ts'

let root: string

beforeEach(() => {
  root = temporaryFolder()
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

const boot = () => readFileSync(join(root, '.concur/boot'), 'utf8')

test('a store notes the start of the system in which it was opened last', async () => {
  for (const bootId of ['one', 'one', 'two']) {
    const { store } = await openTemporaryStore({ root, bootId })
    await store.close()
    expect(boot()).toBe(`${bootId}\n`)
  }
})

test('a store notes another start only when the record is settled that it may have met in the middle', async () => {
  const { store: first } = await openTemporaryStore({ root, bootId: 'one' })
  await settle(first, put('a', 'one'))
  await journalOnly(first, put('a', 'two', { base: 'one' }))
  await first.close()
  const { store } = await openTemporaryStore({ root, bootId: 'two' })
  expect(boot()).toBe('one\n')
  await commitAll(store)
  expect(boot()).toBe('two\n')
  await store.close()
})

import { describeIndex } from './digest-index.suite.ts'
import { describeCatalog } from './history/catalog.suite.ts'
import { MemoryIndex } from './memory-index.ts'
import { describePathEntries } from './path-entries.suite.ts'
import { describePathIndex } from './path-index.suite.ts'

describe('digests', () => {
  describeIndex(
    () => new MemoryIndex(),
    index => index.close(),
  )
})

describe('paths', () => {
  describePathIndex(
    () => new MemoryIndex(),
    index => index.close(),
  )
})

describe('several values of a path', () => {
  describePathEntries(
    () => new MemoryIndex(),
    index => index.close(),
  )
})

describe('what is in history', () => {
  describeCatalog(
    () => new MemoryIndex(),
    index => index.close(),
  )
})

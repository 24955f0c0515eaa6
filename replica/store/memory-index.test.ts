import { describeIndex } from './digest-index.suite.ts'
import { MemoryIndex } from './memory-index.ts'
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

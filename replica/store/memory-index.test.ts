import { describeIndex } from './digest-index.suite.ts'
import { MemoryIndex } from './memory-index.ts'

describeIndex(
  () => new MemoryIndex(),
  index => index.close(),
)

import { memoryWorld, temporaryWorld, type World } from '../../../fixtures/journals.ts'
import { describeJournal } from './journal.suite.ts'
import { describeBegins } from './journal-begin.suite.ts'
import { describeCuts } from './journal-cut.suite.ts'

function newMemoryWorld(): World {
  const world = memoryWorld()
  world.disk.makeFolder(world.folder, 'journal')
  return world
}

describe.each([
  ['on the real disk', temporaryWorld],
  ['on a disk in memory', newMemoryWorld],
])('%s', (_, newWorld) => {
  describeJournal(newWorld)
  describeCuts(newWorld)
  describeBegins(newWorld)
})

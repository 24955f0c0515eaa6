import { memoryWorld, temporaryWorld } from './journal.fixture.ts'
import { describeJournal } from './journal.suite.ts'

describe('on the real disk', () => describeJournal(temporaryWorld))

describe('on a disk in memory', () =>
  describeJournal(() => {
    const world = memoryWorld()
    world.disk.makeFolder(world.folder, 'journal')
    return world
  }))

/** The stream of records of a journal on a disk. */
import { FakeTime } from '../../fixtures/fake-time.ts'
import { FollowedWorld } from '../../fixtures/followed-world.ts'
import { Chain, memoryWorld, openJournal } from '../../fixtures/journals.ts'
import { until } from '../../fixtures/until.ts'
import type { Journal } from '../../replica/store/journal/journal.ts'

const chain = () => new Chain(3)
let place: ReturnType<typeof memoryWorld>
let journal: Journal
let world: FollowedWorld

beforeEach(() => {
  place = memoryWorld()
  journal = openJournal(place)
})

afterEach(async () => {
  world.served.close()
  await journal.close()
  place.remove()
})

const heard = () => world.replica.followed.pages().flat()

test('records leave before they are durable here', async () => {
  const entries = chain().take(3)
  await journal.append(entries.slice(0, 2))
  world = new FollowedWorld({ journal, replica: entries.slice(0, 2) })
  await world.start(new FakeTime())
  await world.untilFollowing()
  const appended = journal.append(entries.slice(2))
  world.follower.recordsAppended()
  expect([world.follower.sentSeq, journal.durableSeq]).toEqual([3, 2])
  await until(() => heard().length === 1, 'the record')
  expect(heard()[0]!.hash).toBe(entries[2]!.hash)
  await appended
})

test('a replica that was away for many segments is told all of them', async () => {
  const entries = chain().take(600)
  await journal.append(entries)
  world = new FollowedWorld({ journal, replica: entries.slice(0, 10) })
  await world.start(new FakeTime())
  await until(() => world.replica.follows.length > 0 && heard().length === 590, 'all records')
  expect(heard().map(({ hash }) => hash)).toEqual(entries.slice(10).map(({ hash }) => hash))
  expect(world.replica.followed.pages().length).toBeLessThan(120)
})

import { RecordedLog } from '../../fixtures/cluster-node.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { Epoch } from '../../protocol/record.ts'
import type { Need } from '../../replica/store/room.ts'
import type { Store } from '../../replica/store/store.ts'
import { Refusals } from './refusals.ts'

const full = new ConcurError('NO_SPACE', 'no space is left')

/** A coordinator of which a test says how it is. */
class World {
  reason: string | null = null
  trouble: ConcurError | null = null
  epoch: Epoch | null = { number: 1 } as Epoch
  hindrance: ConcurError | null = null
  isShort = false
  isFull = false
  readonly log = new RecordedLog()
  readonly refusals: Refusals

  constructor() {
    const refusal = (_: Need, grows: boolean) => ((grows ? this.isShort : this.isFull) ? full : null)
    const store = { fence: this, settler: this, room: { refusal } }
    const config = { name: 'server1' as NodeName }
    this.refusals = new Refusals({
      ...{ config, ledger: this, termStart: this, log: this.log },
      store: store as unknown as Store,
    })
  }
}

test('changes are taken where nothing hinders them', () => {
  const { refusals } = new World()
  expect([refusals.ofAll(), refusals.ofGrowth()]).toEqual([null, null])
})

test.each<[string, (world: World) => void, object]>([
  ['a fence', world => Object.assign(world, { reason: 'a flush failed' }), { code: 'READ_ONLY' }],
  ['a term that has not begun', world => Object.assign(world, { epoch: null }), { code: 'BUSY' }],
  [
    'a term that a full disk hinders',
    world => Object.assign(world, { epoch: null, hindrance: full }),
    { code: 'NO_SPACE' },
  ],
  [
    'what cannot be installed',
    world => Object.assign(world, { trouble: full }),
    { code: 'NO_SPACE', message: 'no space is left on server1' },
  ],
])('%s refuses all', (_, make, refusal) => {
  const world = new World()
  make(world)
  expect(world.refusals.ofAll()).toMatchObject(refusal)
})

test('what stops all stops it for good, with the first reason', () => {
  const world = new World()
  world.refusals.stop(new ConcurError('FENCED', 'epoch 2 has begun'))
  world.refusals.stop(full)
  expect(world.refusals.ofAll()).toMatchObject({
    code: 'FENCED',
    message: expect.stringContaining('concur-replica --root DIR --name server1'),
  })
  expect(world.log.all('refuses changes')).toHaveLength(1)
})

test('a disk that is nearly full takes deletes, and one that is full not even those', () => {
  const world = new World()
  world.isShort = true
  expect(world.refusals.ofGrowth()).toMatchObject({
    code: 'NO_SPACE',
    message: 'no space is left, only deletes are taken',
  })
  world.isFull = true
  expect(world.refusals.ofGrowth()).toMatchObject({ code: 'NO_SPACE', message: 'no space is left' })
})

test('a trouble that stays is one line, until something was settled', () => {
  const { refusals, log } = new World()
  for (let n = 0; n < 3; n++) refusals.meet(full)
  refusals.meet(new ConcurError('IO_ERROR', 'what is committed cannot be installed (EIO)'))
  expect(log.all('store')).toHaveLength(2)
  refusals.settled()
  refusals.meet(new ConcurError('IO_ERROR', 'what is committed cannot be installed (EIO)'))
  expect(log.all('store')).toHaveLength(3)
})

import { BootRenewal } from './boot-renewal.ts'
import { DiskError } from './disk.ts'
import type { SettlerEvents } from './settler.ts'

/** A settler that says what a test wants, and a boot file that knows how often it was renewed. */
class World {
  settledSeq = 7
  renewed = 0
  refusal: DiskError | null = null
  private readonly listeners = new Set<Partial<SettlerEvents>>()

  get listening(): number {
    return this.listeners.size
  }

  begin(start: { tornSeq: number | null; isFlushed: boolean }): BootRenewal {
    const boot = {
      renew: () => {
        if (this.refusal !== null) throw this.refusal
        this.renewed++
      },
    }
    const renewal = new BootRenewal({ boot, settler: this, ...start })
    renewal.begin()
    return renewal
  }

  listen(listener: Partial<SettlerEvents>): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  settle(seq: number): void {
    this.settledSeq = seq
    for (const { onSettled } of this.listeners) onSettled?.(seq, [], { type: 'begin', members: [] })
  }
}

test('a start of which nothing has to be looked after is noted at once, and once', () => {
  const world = new World()
  const renewal = world.begin({ tornSeq: null, isFlushed: true })
  expect([world.renewed, world.listening]).toEqual([1, 0])
  renewal.flushed()
  expect(world.renewed).toBe(1)
})

test('a start waits for the record that the loss of power may have met', () => {
  const world = new World()
  world.begin({ tornSeq: 9, isFlushed: true })
  world.settle(8)
  expect(world.renewed).toBe(0)
  world.settle(9)
  expect([world.renewed, world.listening]).toEqual([1, 0])
})

test('a start waits until what it mended is flushed', () => {
  const world = new World()
  const renewal = world.begin({ tornSeq: 8, isFlushed: false })
  world.settle(8)
  expect(world.renewed).toBe(0)
  renewal.flushed()
  expect(world.renewed).toBe(1)
})

test('a start that a full disk has no room to note is noted when it has', () => {
  const world = new World()
  world.refusal = new DiskError('ENOSPC', 'write')
  const renewal = world.begin({ tornSeq: null, isFlushed: true })
  renewal.flushed()
  world.settle(8)
  expect(world.renewed).toBe(0)
  world.refusal = null
  renewal.flushed()
  expect([world.renewed, world.listening]).toEqual([1, 0])
})

test('any other refusal is a failure', () => {
  const world = new World()
  world.refusal = new DiskError('EIO', 'write')
  expect(() => world.begin({ tornSeq: null, isFlushed: true })).toThrow(world.refusal)
})

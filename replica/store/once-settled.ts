/** Waiting for a record that may never be settled: as long as somebody wants it, and no longer. */
import type { Cancel } from '../../protocol/world.ts'
import type { Settler } from './settler.ts'

/** Calls `act` when the record, which is not settled yet, is. @returns how to wait no more. */
export function onceSettled(settler: Pick<Settler, 'listen'>, seq: number, act: () => void): Cancel {
  const stopListening = settler.listen({
    onSettled(settledSeq) {
      if (settledSeq < seq) return
      stopListening()
      act()
    },
  })
  return stopListening
}

/** So many changes, so many at a time: what a row finds there, not what it measures. */
import { ChangeLane } from './load-change.ts'
import type { ChangesQuestion } from './questions.ts'

/** @returns when all of them are acknowledged. @throws Error when one was not. */
export function makeChanges({ port, change, count, outstanding }: ChangesQuestion): Promise<null> {
  return new Promise((resolve, reject) => {
    let asked = Math.min(count, outstanding)
    let answered = 0
    const onAnswer = (lane: ChangeLane): void => {
      if (++answered === count) {
        lane.close()
        resolve(null)
      } else if (asked < count) {
        asked++
        lane.ask()
      }
    }
    const opened = ChangeLane.open(
      port,
      { onAnswer: () => void opened.then(onAnswer), onFailed: reject },
      change,
    )
    opened.then(lane => {
      for (let number = 0; number < asked; number++) lane.ask()
    }, reject)
  })
}

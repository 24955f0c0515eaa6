/**
 * The load process: asks what it is told to ask, checks every answer, and says how that went. It has nothing of the
 * client but the wire, so that it takes as little of the machine as it can.
 */

import { ChangeLane } from './load-change.ts'
import { makeChanges } from './load-changes.ts'
import { ConcurLane } from './load-concur.ts'
import { EchoLane, readShape, writeShape } from './load-echo.ts'
import { EtcdLane } from './load-etcd.ts'
import { HttpLane } from './load-http.ts'
import { openIdle } from './load-idle.ts'
import { measureLatency } from './load-latency.ts'
import { measureRate, type OpenLane } from './load-rate.ts'
import { waitForAll } from './load-wait.ts'
import type { Answer, Question, RateQuestion } from './questions.ts'

const lanes: Record<Exclude<RateQuestion['of'], 'change'>, OpenLane> = {
  concur: ConcurLane.open,
  echo: (port, events) => EchoLane.open(port, events, readShape),
  bareStore: (port, events) => EchoLane.open(port, events, writeShape),
  etcd: EtcdLane.open,
  http: HttpLane.open,
}

function openerOf({ of, change }: RateQuestion): OpenLane {
  if (of !== 'change') return lanes[of]
  if (change === undefined) throw new Error('which change is meant was not said')
  return (port, events) => ChangeLane.open(port, events, change)
}

async function answerTo(question: Question): Promise<unknown> {
  switch (question.is) {
    case 'rate':
      return measureRate(openerOf(question), question)
    case 'latency':
      return measureLatency(question.port, question.beside)
    case 'changes':
      return makeChanges(question)
    case 'wait':
      return waitForAll(question.port, question.path)
    case 'idle':
      return openIdle(question.port, question.connections)
    default:
      return question satisfies never
  }
}

process.on('disconnect', () => process.exit())
process.on('message', (question: Question) => {
  const say = (answer: Answer): boolean => process.send!(answer)
  answerTo(question).then(
    answer => say({ is: 'answer', answer }),
    error => say({ is: 'failed', reason: (error as Error).message }),
  )
})

/**
 * The load process: asks what it is told to ask, checks every answer, and says how that went. It has nothing of the
 * client but the wire, so that it takes as little of the machine as it can.
 */

import { ChangeLane } from './load-change.ts'
import { makeChanges } from './load-changes.ts'
import { ConcurLane } from './load-concur.ts'
import { EchoLane, readShape, writeShape } from './load-echo.ts'
import { EtcdLane } from './load-etcd.ts'
import { FolderLane } from './load-folder.ts'
import { HttpLane } from './load-http.ts'
import { openIdle } from './load-idle.ts'
import { measureLatency } from './load-latency.ts'
import { type Lane, type LaneEvents, measureRate } from './load-rate.ts'
import { waitForAll } from './load-wait.ts'
import type { Answer, Question, RateOf } from './questions.ts'

async function openLane(asked: RateOf, events: LaneEvents): Promise<Lane> {
  switch (asked.of) {
    case 'concur':
      return ConcurLane.open(asked.port, events)
    case 'echo':
      return EchoLane.open(asked.port, events, readShape)
    case 'bareStore':
      return EchoLane.open(asked.port, events, writeShape)
    case 'etcd':
      return EtcdLane.open(asked.port, events, asked.call)
    case 'http':
      return HttpLane.open(asked.port, events)
    case 'change':
      return ChangeLane.open(asked.port, events, asked.change)
    case 'folder':
      return new FolderLane(asked.folder, events)
    default:
      return asked satisfies never
  }
}

async function answerTo(question: Question): Promise<unknown> {
  switch (question.is) {
    case 'rate':
      return measureRate(events => openLane(question, events), question)
    case 'latency':
      return measureLatency(question.port, question.beside)
    case 'changes':
      return makeChanges(question)
    case 'wait':
      return waitForAll(question.port, question.path)
    case 'idle':
      return openIdle(question.port, question.connections).then(() => null)
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

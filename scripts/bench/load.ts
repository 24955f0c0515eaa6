/**
 * The load process: asks what it is told to ask, checks every answer, and says how that went. It has nothing of the
 * client but the wire, so that it takes as little of the machine as it can.
 */
import { ConcurLane } from './load-concur.ts'
import { EchoLane } from './load-echo.ts'
import { HttpLane } from './load-http.ts'
import { openIdle } from './load-idle.ts'
import { measureLatency } from './load-latency.ts'
import { measureRate, type OpenLane } from './load-rate.ts'
import type { Answer, Question, RateQuestion } from './questions.ts'

const lanes: Record<RateQuestion['of'], OpenLane> = {
  concur: ConcurLane.open,
  echo: EchoLane.open,
  http: HttpLane.open,
}

async function answerTo(question: Question): Promise<unknown> {
  switch (question.is) {
    case 'rate':
      return measureRate(lanes[question.of], question)
    case 'latency':
      return measureLatency(question.port, question.beside)
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

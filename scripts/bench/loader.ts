/** A load process, as the bench asks it: one question at a time. */
import type { ChildProcess } from 'node:child_process'
import { type Children, childEnvironment } from './children.ts'
import type { Answer, Answers, Question } from './questions.ts'

export class Loader {
  private readonly children: Children
  private readonly child: ChildProcess

  /** `module`: load.ts as it was bundled. `threads`: calls to the file system that go on at a time; Node's 4 by default. */
  constructor(children: Children, module: string, threads = 4) {
    this.children = children
    this.child = children.fork(module, [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...childEnvironment, UV_THREADPOOL_SIZE: String(threads) },
    })
  }

  /** @throws Error when a read was wrong, or could not be made. */
  ask<Q extends Question>(question: Q): Promise<Answers[Q['is']]> {
    const { child } = this
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error('the load process ended'))
      child.once('exit', onExit)
      child.once('message', (answer: Answer) => {
        child.off('exit', onExit)
        if (answer.is === 'failed') reject(new Error(answer.reason))
        else resolve(answer.answer as Answers[Q['is']])
      })
      child.send(question)
    })
  }

  end(): Promise<void> {
    return this.children.end(this.child)
  }
}

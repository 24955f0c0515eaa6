/**
 * One RESTATE stream: what this node's index holds goes out in sums, what paths are comes in, and when all of it is on the
 * disk this node's journal begins behind the coordinator's position. Nothing here decides whether that may be
 * (following.ts). Clause: protocol/README.md "RESTATE".
 */
import { ConcurError } from '../protocol/errors.ts'
import type { Message } from '../protocol/opcodes.ts'
import type { StatedPosition } from '../protocol/state-messages.ts'
import type { Stream } from '../protocol/stream.ts'
import type { Store } from './store/store.ts'

interface Heard {
  readonly message: Message
  readonly fin: boolean
  readonly bodyBytes: number
}

/**
 * @returns the position behind which the journal begins now.
 * @throws ConcurError BAD_FRAME, what the stream ended with; DiskError. Everything is as it was then.
 */
export async function takeStated(stream: Stream, store: Store): Promise<StatedPosition> {
  const inbox = new Inbox(stream)
  const taking = await store.beginStated()
  try {
    await stream.sendFlow('SUMMED', await store.sumPaths())
    for (;;) {
      const { message, fin, bodyBytes } = await inbox.next()
      if (message.opcode !== 'STATED') throw new ConcurError('BAD_FRAME', `${message.opcode} behind RESTATE`)
      const { position } = message.body
      if (fin !== (position !== null)) throw new ConcurError('BAD_FRAME', 'the last STATED has a position')
      taking.take(message.body)
      if (position !== null) {
        await taking.finish(position)
        return position
      }
      stream.consumed(bodyBytes)
    }
  } finally {
    taking.discard()
  }
}

/** What has come and was not taken yet: no more than the stream's credit. */
class Inbox {
  private readonly heard: Heard[] = []
  private failure: ConcurError | null = null
  private wake: () => void = () => {}

  constructor(stream: Stream) {
    stream.listen({
      onMessage: (message, fin, bodyBytes) => {
        this.heard.push({ message, fin, bodyBytes })
        this.wake()
      },
      onFailed: error => {
        this.failure = error
        this.wake()
      },
    })
  }

  async next(): Promise<Heard> {
    while (this.heard.length === 0) {
      if (this.failure !== null) throw this.failure
      await new Promise<void>(resolve => {
        this.wake = resolve
      })
    }
    return this.heard.shift()!
  }
}

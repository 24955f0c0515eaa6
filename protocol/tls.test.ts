import { TestAuthority } from '../fixtures/certificates.ts'
import { describeTransport } from '../fixtures/transport-contract.ts'
import { until } from '../fixtures/until.ts'
import { TlsNetwork } from './tls.ts'
import type { Dialer, Listener, Timers, Transport } from './world.ts'

const timers: Timers = {
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
  endOfTurn: act => void setImmediate(act),
}

const authority = await TestAuthority.create()
const context = await authority.context(['server1', '127.0.0.1'])

/** A network whose dials settle when the handshake is over on both sides: the dialer knows of its end first. */
function shaken(): Dialer & Listener {
  const network = new TlsNetwork({ timers, context })
  let accepted: Transport
  return {
    async dial(address, withinMs) {
      const transport = await network.dial(address, withinMs)
      await until(() => accepted.channel !== null, 'the end of a handshake')
      return transport
    },
    listen: (address, onTransport) =>
      network.listen(address, transport => {
        accepted = transport
        onTransport(transport)
      }),
  }
}

describeTransport('TLS', shaken)

/**
 * A datagram to a socket that the system names, which Node cannot send itself: how systemd is told of a service
 * (sd_notify(3)).
 */
import koffi from 'koffi'

const unixFamily = 1
const datagram = 2
const closeOnExec = 0o2000000
const dontWait = 0x40

const libc = koffi.load(null)
const socket = libc.func('int socket(int family, int type, int protocol)')
const sendto = libc.func(
  'int64_t sendto(int fd, const uint8_t *bytes, size_t length, int flags, const uint8_t *address, uint32_t addressLength)',
)
const close = libc.func('int close(int fd)')

/** @param name a path, or one behind `@`, which lies in no folder. @throws Error with the number that the system gave. */
export function sendDatagram(name: string, text: string): void {
  const address = addressOf(name)
  const bytes = Buffer.from(text)
  const fd = socket(unixFamily, datagram | closeOnExec, 0) as number
  if (fd < 0) throw new Error(`no socket: errno ${koffi.errno()}`)
  try {
    const sent = sendto(fd, bytes, bytes.length, dontWait, address, address.length) as number
    if (sent !== bytes.length) throw new Error(`nothing sent to ${name}: errno ${koffi.errno()}`)
  } finally {
    close(fd)
  }
}

function addressOf(name: string): Buffer {
  const path = Buffer.from(name)
  if (name.startsWith('@')) path[0] = 0
  const family = Buffer.alloc(2)
  family.writeUInt16LE(unixFamily)
  return Buffer.concat([family, path])
}

/**
 * Addresses as people type and read them: HOST:PORT, an IPv6 host in brackets. Inside the program host and port are
 * apart and the host has no brackets. Nothing is resolved here.
 */
import { isIPv4, isIPv6 } from 'node:net'
import type { Address } from './world.ts'

const portMax = 0xffff
const hostNameBytesMax = 253

/** `portMin` 0 is for an address to listen on, where port 0 takes a free one. */
export function parseAddress(text: string, { portMin }: { portMin: 0 | 1 }): Address | null {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(0|[1-9]\d{0,4})$/.exec(text)
  if (match === null) return null
  const [, bracketed, bare, portText] = match
  const port = Number(portText)
  if (port < portMin || port > portMax) return null
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : null
  return isHost(bare!) ? { host: bare!, port } : null
}

/** @returns the host, an IPv6 one without brackets; null for what is none. */
export function parseHost(text: string): string | null {
  return isIPv6(text) || isHost(text) ? text : null
}

/** @returns HOST:PORT or [v6]:PORT. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether only programs on this machine reach what listens on `host`. */
export function isLoopbackHost(host: string): boolean {
  const shown = plainHost(host)
  if (isIPv4(shown)) return shown.startsWith('127.')
  return shown === '::1' || shown.toLowerCase() === 'localhost'
}

/** @returns an IPv4 host that the system shows as IPv6 (`::ffff:1.2.3.4`) as what it is. */
export function plainHost(host: string): string {
  const mapped = host.toLowerCase().startsWith('::ffff:') ? host.slice('::ffff:'.length) : ''
  return isIPv4(mapped) ? mapped : host
}

/** An IPv4 address, or a name; a name that ends in a number would be taken for a mistyped IPv4 address by the system. */
function isHost(host: string): boolean {
  if (isIPv4(host)) return true
  const labels = host.replace(/\.$/, '').split('.')
  if (host.length > hostNameBytesMax || /^\d+$/.test(labels.at(-1)!)) return false
  return labels.every(label => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
}

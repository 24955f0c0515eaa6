/**
 * A small private authority, and the certificates that it signs: EC P-256, for servers and for nodes that dial others.
 * Loaded by `init` alone.
 */
import 'reflect-metadata'
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const serialBytes = 16

/** PEM texts. */
export interface Certified {
  readonly cert: string
  readonly key: string
}

export interface Validity {
  /** Milliseconds since 1970. */
  readonly fromMs: number
  readonly toMs: number
}

/** @returns an authority that vouches for itself. */
export async function newAuthority(name: string, validity: Validity): Promise<Certified> {
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...common(validity),
    name: [{ CN: [name] }],
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: pem(certificate), key: await privatePem(keys.privateKey) }
}

/** @param names what the certificate is good for: the node's name, and the hosts where it is dialled. */
export async function newCertificate(
  authority: Certified,
  names: readonly string[],
  validity: Validity,
): Promise<Certified> {
  const issuer = new x509.X509Certificate(authority.cert)
  const signingKey = await importedKey(authority.key)
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.create({
    ...common(validity),
    subject: [{ CN: [names[0]!] }],
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension(
        names.map(value => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return { cert: pem(certificate), key: await privatePem(keys.privateKey) }
}

function common({ fromMs, toMs }: Validity) {
  const serial = randomBytes(serialBytes)
  // Positive, and of full length.
  serial[0] = (serial[0]! & 0x7f) | 0x40
  return {
    serialNumber: serial.toString('hex'),
    notBefore: new Date(fromMs),
    notAfter: new Date(toMs),
    signingAlgorithm: algorithm,
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

function importedKey(text: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(text).export({ type: 'pkcs8', format: 'der' })
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key)
  return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}

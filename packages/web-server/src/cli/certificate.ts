import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { getSystemErrorMap } from 'node:util'
import type { ServeCommand } from './command-line.js'

/**
 * Reads a certificate chain and its key, and sees that they are that: OpenSSL's own words would name no file.
 *
 * @throws Error with a sentence that names the file
 */
export function readCertificate(files: NonNullable<ServeCommand['tls']>): { cert: Buffer; key: Buffer } {
  const cert = read(files.certificate)
  const key = read(files.key)
  tryOut({ cert }, `${files.certificate} can not be used as a certificate chain in PEM`)
  tryOut({ key }, `${files.key} can not be used as a private key in PEM, without a passphrase`)
  tryOut({ cert, key }, `${files.key} is not the key of the certificate in ${files.certificate}`)
  return { cert, key }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const [, reason] = getSystemErrorMap().get((error as NodeJS.ErrnoException).errno ?? 0) ?? []
    throw new Error(`${file} can not be read: ${reason ?? (error as Error).message}`, { cause: error })
  }
}

function tryOut(options: SecureContextOptions, problem: string): void {
  try {
    createSecureContext(options)
  } catch (error) {
    const { reason } = error as { reason?: string }
    throw new Error(reason === undefined ? problem : `${problem} (${reason})`, { cause: error })
  }
}

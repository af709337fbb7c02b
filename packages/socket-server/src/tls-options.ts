import type { SecureContextOptions, TlsOptions } from 'node:tls'
import type { Address } from './address.js'
import type { SocketError } from './errors.js'

/** Certificates of a server: what `Server.setCertificates` can replace without a restart. */
export interface Certificates extends SecureContextOptions {
  /**
   * certificates for the names that clients ask for (SNI): `example.org`, or `*.example.org` for one label before it.
   * Who asks for another name, or for none, gets the certificate given outside. What is given outside besides the
   * certificate (`ca`, `minVersion`, `ciphers` …) holds here, too, unless it is given anew.
   */
  names?: Record<string, SecureContextOptions>
}

/**
 * Encryption of a server: what `node:tls` takes (`cert`, `key` in PEM, `ALPNProtocols`, `requestCert`,
 * `rejectUnauthorized`, `ca`, `minVersion` …), several certificates by name, and a deadline.
 */
export interface ServerTlsOptions extends Omit<TlsOptions, 'SNICallback' | 'handshakeTimeout'>, Certificates {
  /** from accept to the end of the handshake, in ms (default 10 s; 0 = off) */
  handshakeTimeout?: number
  /** a handshake failed: for the log of who cares; the server goes on (default: only counted in `stats`) */
  handshakeError?: (error: SocketError, remote: Address) => void
}

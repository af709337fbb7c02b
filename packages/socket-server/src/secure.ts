import type { Duplex } from 'node:stream'
import type { PeerCertificate, TLSSocket } from 'node:tls'

/** What the TLS handshake of a connection agreed on. */
export interface SecureInfo {
  /** `TLSv1.2` or `TLSv1.3` */
  readonly protocol: string
  /** the cipher suite's IANA name: `TLS_AES_256_GCM_SHA384` */
  readonly cipher: string
  /** the application protocol that ALPN chose; undefined when none was */
  readonly alpn: string | undefined
  /** the name that the client asked for (SNI); undefined when it asked for none */
  readonly serverName: string | undefined
  /** the peer has shown a certificate and it is trusted */
  readonly authorized: boolean
  /** why it is not, as the code of the verification: `DEPTH_ZERO_SELF_SIGNED_CERT` */
  readonly authorizationError: string | undefined
  /** the peer's certificate; undefined when it has shown none */
  readonly peerCertificate: PeerCertificate | undefined
}

/** @internal whether a socket speaks TLS */
export function isSecure(socket: Duplex): socket is TLSSocket {
  return (socket as { encrypted?: boolean }).encrypted === true
}

/** @internal */
export function secureInfo(socket: TLSSocket): SecureInfo {
  const certificate = socket.getPeerCertificate()
  const shown = certificate !== null && typeof certificate === 'object' && Object.keys(certificate).length > 0
  const reason: unknown = socket.authorizationError
  return {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.standardName ?? '',
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
    serverName: (socket as { servername?: string | false | null }).servername || undefined,
    authorized: socket.authorized,
    authorizationError:
      reason === undefined || reason === null
        ? undefined
        : ((reason as Error & { code?: string }).code ?? String(reason)),
    peerCertificate: shown ? certificate : undefined,
  }
}

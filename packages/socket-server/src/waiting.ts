import { SocketError } from './errors.js'

/** Those who wait for something of a connection by promise or signal: most connections have none. */
export class Waiting {
  private controller: AbortController | undefined = undefined
  private ending: Promise<void> | undefined = undefined
  private resolveEnding: (() => void) | undefined = undefined
  private draining: Promise<void> | undefined = undefined
  private drainer: { resolve(): void; reject(error: unknown): void } | undefined = undefined
  private regular: SocketError | undefined = undefined

  /** The signal that aborts at the end; @param reason set when that has come already */
  signal(reason: SocketError | undefined): AbortSignal {
    this.controller ??= new AbortController()
    if (reason !== undefined) this.controller.abort(reason)
    return this.controller.signal
  }

  /** Resolves at the end. */
  closed(): Promise<void> {
    this.ending ??= new Promise((resolve) => {
      this.resolveEnding = resolve
    })
    return this.ending
  }

  /** Resolves when the write queue is empty. */
  drained(): Promise<void> {
    this.draining ??= new Promise((resolve, reject) => {
      this.drainer = { resolve, reject }
    })
    return this.draining
  }

  /** What those are told whose connection ended without an error; always the same one. */
  get closedReason(): SocketError {
    this.regular ??= new SocketError('SOCKET_ERR_CLOSED')
    return this.regular
  }

  /** Whether an error is the one told here: letting it through is no failure. */
  hasTold(error: unknown): boolean {
    return error !== undefined && error === this.regular
  }

  /** The write queue is empty. */
  emptied(): void {
    this.drainer?.resolve()
    this.drainer = this.draining = undefined
  }

  /** Nothing will be written any more. */
  lost(reason: SocketError): void {
    this.drainer?.reject(reason)
  }

  /** The connection is over. */
  over(): void {
    this.resolveEnding?.()
  }

  /** The close hook has run. */
  abort(reason: SocketError): void {
    this.controller?.abort(reason)
  }
}

import { misuse } from './errors.js'
import { FieldLines } from './field-lines.js'
import type { Detached, DetachOptions, FieldsInit, ServerRequest, Upgrade } from './message.js'
import { statusLine } from './status.js'

/** What an upgrade needs of its connection. */
export interface UpgradeOwner {
  /** Writes the text, gives up the socket and ends HTTP here. @throws WebError when the response has begun, or the peer has left */
  handOver(text: string, options: DetachOptions | undefined): Detached
}

/** The engine's {@link Upgrade}. */
export class ConnectionUpgrade implements Upgrade {
  private readonly request: ServerRequest
  private readonly owner: UpgradeOwner

  constructor(request: ServerRequest, owner: UpgradeOwner) {
    this.request = request
    this.owner = owner
  }

  get protocols(): readonly string[] {
    if (this.request.method === 'CONNECT') return []
    const list = this.request.fields.get('upgrade') ?? ''
    return list
      .split(',')
      .map((protocol) => protocol.trim())
      .filter((protocol) => protocol !== '')
  }

  accept(protocol: string, fields?: FieldsInit, options?: DetachOptions): Detached {
    const tunnel = this.request.method === 'CONNECT'
    const lines = new FieldLines()
    if (fields !== undefined) lines.setAll(fields)
    if (!tunnel) {
      if (!this.protocols.some((offered) => offered.toLowerCase() === protocol.toLowerCase()))
        throw misuse('WEB_ERR_NOT_OFFERED', `The client did not offer ${JSON.stringify(protocol)} (RFC 9110 §7.8)`)
      lines.set('Upgrade', protocol)
      lines.set('Connection', 'Upgrade')
    }
    return this.owner.handOver(`${statusLine(tunnel ? 200 : 101, undefined)}${lines.text(true)}\r\n`, options)
  }

  detach(options?: DetachOptions): Detached {
    return this.owner.handOver('', options)
  }
}

import type { Viewer } from './viewer.js'
import { finished, line } from './wire.js'

/**
 * Lines that are the same for everybody but for the nick, with which each begins: most of a welcome, and the message of
 * the day. They are written down once and then only joined around each nick. A welcome of thirty lines made one by one
 * leaves some 25 KiB of garbage, which a thousand clients that come at once turn into resident memory.
 */
export class Recital {
  private readonly parts = new Map<number, readonly string[]>()

  constructor(
    /** Writes the lines one by one. */
    readonly write: (viewer: Viewer) => void,
  ) {}

  /** The lines, finished for a kind of transport. */
  for(viewer: Viewer, profile: number): string {
    let parts = this.parts.get(profile)
    if (parts === undefined) {
      parts = this.writtenDown(viewer, profile)
      this.parts.set(profile, parts)
    }
    return parts.join(viewer.nick)
  }

  private writtenDown({ server, network, version, description }: Viewer, profile: number): readonly string[] {
    const parts: string[] = []
    let text = ''
    const sendBody = (body: string, tags: string): void => {
      text += finished(tags, body, profile)
    }
    const send: Viewer['send'] = (command, params, source = server, tags = '') =>
      sendBody(line(source, command, params), tags)
    /** Writes a line that begins with the nick, in two parts: what is before the nick, and what is behind it. */
    const sendToNick = (command: string, params: readonly string[]): void => {
      const before = `:${server} ${command} `
      parts.push(text + before)
      text = finished('', line(server, command, ['*', ...params]), profile).slice(before.length + 1)
    }
    this.write({
      caps: 0,
      nick: '*',
      server,
      network,
      version,
      description,
      sendBody,
      send,
      numeric: (code, ...params) => sendToNick(code, params),
      notice: (words) => sendToNick('NOTICE', [words]),
      openBatch: () => {},
      batched: (tags) => tags,
      closeBatch: () => {},
    })
    return [...parts, text]
  }
}

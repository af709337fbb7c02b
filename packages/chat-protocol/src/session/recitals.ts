import { RPL } from '../codec/numerics.js'
import type { Engine } from '../engine/engine.js'
import { CHANNEL_MODES, USER_LETTERS } from './mode-letters.js'
import { Recital } from './recital.js'
import { sendMotd } from './replies.js'

/** What a server recites to every newcomer. */
export interface Recitals {
  /** 002 to 005: who the server is and what it can. */
  readonly introduction: Recital
  /** The message of the day, or that there is none. */
  readonly motd: Recital
}

/** The recitals of a server. @param isupport parameters of its 005 messages */
export function recitalsOf({ settings, started }: Engine, isupport: readonly (readonly string[])[]): Recitals {
  const { list, always, whenSet, never, member } = CHANNEL_MODES
  const sorted = (letters: string): string => [...letters].sort().join('')
  const introduction = new Recital((viewer) => {
    viewer.numeric(RPL.YOURHOST, `Your host is ${settings.name}, running ${settings.version}`)
    viewer.numeric(RPL.CREATED, `This server was started ${new Date(started).toUTCString()}`)
    viewer.numeric(
      RPL.MYINFO,
      settings.name,
      settings.version.replace(/ /g, '-'),
      Object.keys(USER_LETTERS).join(''),
      sorted(list + always + whenSet + never + member),
      sorted(list + always + whenSet + member),
    )
    for (const tokens of isupport) viewer.numeric(RPL.ISUPPORT, ...tokens, 'are supported by this server')
  })
  return { introduction, motd: new Recital((viewer) => sendMotd(viewer, settings.motd)) }
}

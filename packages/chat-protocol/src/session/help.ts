import { RPL } from '../codec/numerics.js'
import { REFUSALS } from './refusals.js'
import type { Viewer } from './viewer.js'
import { word } from './wire.js'

/** One subject per command: its form, and what it does. Read from the command table, so none is forgotten. */
export type HelpTexts = () => ReadonlyMap<string, string>

let texts: HelpTexts = () => new Map()

/** Tells HELP where the command table is: a reply cannot import it, because commands of the table write replies. */
export function useHelpTexts(source: HelpTexts): void {
  texts = source
}

/** Answers HELP: the list of commands, or one command's form. */
export function sendHelp(viewer: Viewer, subject: string | undefined): void {
  const name = subject === undefined || subject === '' ? 'INDEX' : subject.toUpperCase()
  const known = texts()
  if (name === 'INDEX') {
    const shown = word(subject ?? '') === '*' ? '*' : word(subject!)
    viewer.numeric(RPL.HELPSTART, shown, 'Commands of this server')
    for (const form of known.values()) viewer.numeric(RPL.HELPTXT, shown, form)
    return viewer.numeric(RPL.ENDOFHELP, shown, 'End of HELP: HELP <command> shows one of them')
  }
  const form = known.get(name)
  const shown = word(subject!)
  if (form === undefined) return viewer.numeric(REFUSALS.helpNotFound[0], shown, REFUSALS.helpNotFound[1])
  viewer.numeric(RPL.HELPSTART, shown, `Help on ${name}`)
  viewer.numeric(RPL.HELPTXT, shown, form)
  viewer.numeric(RPL.ENDOFHELP, shown, 'End of HELP')
}

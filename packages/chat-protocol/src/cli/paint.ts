import { styleText } from 'node:util'

/** Formats of `util.styleText` that are used here. */
export type Format = Parameters<typeof styleText>[0]

/** Colours a text, or leaves it as it is where there are none. */
export type Paint = (format: Format, text: string) => string

/** Colours for an output: none when it is no terminal, by NO_COLOR (no-color.org), or on a dumb one. */
export function paintFor(output: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint {
  const colours = output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  // Decided here for the output given; left to itself, Node looks at standard output.
  return colours ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text
}

// Red is kept for errors, grey for what is beside the point.
const NICK_FORMATS: readonly Format[] = [
  'cyan',
  'green',
  'yellow',
  'magenta',
  'blue',
  'cyanBright',
  'greenBright',
  'yellowBright',
  'magentaBright',
  'blueBright',
]

/** The colour of a nick, the same on every machine and every day. */
export function nickFormat(nick: string): Format {
  let hash = 2166136261
  for (const character of nick.toLowerCase()) hash = Math.imul(hash ^ character.codePointAt(0)!, 16777619)
  // The low bits alone mix badly.
  return NICK_FORMATS[((hash ^ (hash >>> 15)) >>> 0) % NICK_FORMATS.length]!
}

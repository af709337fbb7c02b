import { styleText } from 'node:util'

/** Where the program writes, and whether somebody looks at it. */
export interface Terminal {
  write(line: string): void
  readonly color: boolean
}

/** Lines on a stream; plain ones when it is no terminal, or by NO_COLOR (no-color.org). */
export function terminalOn(stream: NodeJS.WriteStream): Terminal {
  return {
    write: (line) => void stream.write(`${line}\n`),
    color: stream.isTTY === true && process.env.NO_COLOR === undefined,
  }
}

/** Styles a text for a terminal that has `color`; left to itself, Node would ask standard output whether it has. */
export function paint(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { validateStream: false })
}

import { styleText } from 'node:util'

/** Where the program writes, and whether somebody looks at it. */
export interface Terminal {
  write(line: string): void
  readonly color: boolean
}

/** Octets that may wait for who reads; lines beyond are dropped. */
const maxWaiting = 1 << 20

/**
 * Lines on a stream; plain ones when it is no terminal, or by NO_COLOR (no-color.org). A reader that stops reading costs
 * lines, not memory; should it read on, it is told how many.
 */
export function terminalOn(stream: NodeJS.WriteStream): Terminal {
  let dropped = 0
  return {
    write(line) {
      if (stream.writableLength > maxWaiting) {
        dropped++
        return
      }
      if (dropped > 0) stream.write(`(${dropped} lines were dropped: nobody read them)\n`)
      dropped = 0
      stream.write(`${line}\n`)
    },
    color: stream.isTTY === true && process.env.NO_COLOR === undefined,
  }
}

/** Styles a text for a terminal that has `color`; left to itself, Node would ask standard output whether it has. */
export function paint(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { validateStream: false })
}

/** What asks a program to end: Ctrl-C, a service manager, a terminal that is closed, Ctrl-\. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/**
 * Resolves with the first signal that asks to end; a second one ends the process at once, with 128 and its number.
 *
 * It ends by `process.exit`, not as signals do by default, so that what hangs on `exit` still runs.
 */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const end = (_name: NodeJS.Signals, number: number): void => {
      if (asked) process.exit(128 + number)
      asked = true
      resolve()
    }
    for (const name of endings) process.on(name, end)
  })
}

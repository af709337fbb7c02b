/** The port that the command line names first, else the usual one. What is no port ends the program with a sentence. */
export function portOr(usual: number): number {
  const text = process.argv[2] ?? String(usual)
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  console.error(`A port is a number from 0 to 65535, not ${JSON.stringify(text)}.`)
  process.exit(1)
}

/**
 * Opens a server on the first free port from `port` on, and says so when it is not the one asked for.
 *
 * @throws what `open` throws, when it is not that the port is taken or when twenty in a row are
 */
export async function firstFree<T>(port: number, open: (port: number) => Promise<T>): Promise<T> {
  for (let candidate = port; ; candidate++) {
    try {
      const server = await open(candidate)
      if (candidate !== port) console.log(`Port ${port} is taken; using ${candidate}.`)
      return server
    } catch (error) {
      const taken = (error as { code?: unknown }).code === 'SOCKET_ERR_ADDRESS_IN_USE'
      if (!taken || candidate >= port + 20) throw error
    }
  }
}

/** Resolves with the first signal that asks to end; with a second one the process ends at once, and its scripts with it. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const end = (_name: NodeJS.Signals, number: number): void => {
      if (asked) process.exit(128 + number)
      asked = true
      resolve()
    }
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(name, end)
  })
}

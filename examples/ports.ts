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

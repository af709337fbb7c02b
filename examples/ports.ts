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

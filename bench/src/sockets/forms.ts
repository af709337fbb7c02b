import { createServer } from 'node:net'
import { serve } from '@plainwire/socket-server'

/** The same echo server, written in three ways; each returns the port it listens on. */
export const FORMS = {
  'bare node:net': bareNet,
  'hooks form': hooksForm,
  'async-iterable form': iterableForm,
} as const

export type Form = keyof typeof FORMS

function bareNet(): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (chunk) => {
      socket.write(chunk)
    })
    socket.on('error', () => {})
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}

async function hooksForm(): Promise<number> {
  const server = await serve(
    { port: 0 },
    {
      data(connection, chunk) {
        connection.write(chunk)
      },
    },
  )
  return server.port
}

async function iterableForm(): Promise<number> {
  const server = await serve({ port: 0 }, async (connection) => {
    for await (const chunk of connection) if (!connection.write(chunk)) await connection.drained()
  })
  return server.port
}

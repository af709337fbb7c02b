// The echo server: bind, listen, accept, and send back whatever comes, for as many clients as there are.
import { serve, untilSignal } from '@plainwire/socket-server'
import { giveUp, portOr } from './command-line.js'

const server = await serve({ port: portOr(7007) }, async (connection) => {
  console.log(`${connection.id} connected`)
  for await (const chunk of connection) {
    if (!connection.write(chunk)) await connection.drained()
  }
  console.log(`${connection.id} left`)
}).catch(giveUp)
console.log(`Echoing on ${server.url}`)

await untilSignal()
await server.close({ timeout: 1000 })

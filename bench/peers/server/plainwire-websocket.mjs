import { serve } from '@plainwire/web-server'
import { websocket } from '@plainwire/web-server/websocket'

const server = await serve({
  port: 0,
  backlog: 4096,
  handler: (_request, response) => response.sendError(404),
  upgrade: websocket({ message: (socket, data) => void socket.send(data) }),
})
console.log(`PORT ${server.port}`)

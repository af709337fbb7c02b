import { serve } from '@plainwire/web-server'

const server = await serve({
  port: 0,
  // No peer closes a connection for having been used much.
  maxRequestsPerConnection: 0,
  backlog: 4096,
  async handler(request, response) {
    let length = 0
    for await (const piece of request.content) length += piece.length
    response.setField('Content-Type', 'text/plain')
    response.end(`${length}\n`)
  },
})
console.log(`PORT ${server.port}`)

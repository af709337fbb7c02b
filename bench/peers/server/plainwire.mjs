import { serve } from '@plainwire/web-server'

const server = await serve({
  port: 0,
  // No peer closes a connection for having been used much.
  maxRequestsPerConnection: 0,
  backlog: 4096,
  handler(request, response) {
    if (request.method === 'POST') return echo(request, response)
    response.setField('Content-Type', 'text/plain')
    response.end('Hello, World!\n')
  },
})
console.log(`PORT ${server.port}`)

async function echo(request, response) {
  const content = await request.bytes()
  response.setField('Content-Type', 'application/octet-stream')
  response.end(content)
}

import { serve } from '@plainwire/web-server'
import { FastResponse } from '@plainwire/web-server/fetch'

const server = await serve({
  port: 0,
  // No peer closes a connection for having been used much.
  maxRequestsPerConnection: 0,
  backlog: 4096,
  fetch: () => FastResponse.json({ message: 'Hello, World!' }),
})
console.log(`PORT ${server.port}`)

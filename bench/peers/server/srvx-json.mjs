import { FastResponse, serve } from 'srvx'

const server = serve({
  port: 0,
  hostname: '127.0.0.1',
  silent: true,
  fetch: () => FastResponse.json({ message: 'Hello, World!' }),
})
await server.ready()
console.log(`PORT ${new URL(server.url).port}`)

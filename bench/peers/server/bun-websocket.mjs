// Run by Bun.
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 404 })),
  websocket: { message: (socket, data) => socket.send(data) },
})
console.log(`PORT ${server.port}`)

// Run by Bun, which closes when it is asked to and does not say so by itself.
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: () => new Response('Hello, World!\n', { headers: { 'Content-Type': 'text/plain', Connection: 'close' } }),
})
console.log(`PORT ${server.port}`)

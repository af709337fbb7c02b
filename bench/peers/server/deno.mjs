// Run by Deno.
Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(`PORT ${port}`) }, (request) => {
  if (request.method === 'POST') return echo(request)
  return new Response('Hello, World!\n', { headers: { 'Content-Type': 'text/plain' } })
})

async function echo(request) {
  return new Response(await request.arrayBuffer(), { headers: { 'Content-Type': 'application/octet-stream' } })
}

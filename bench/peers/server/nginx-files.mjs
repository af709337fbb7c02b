// nginx with one worker and a folder; its path is the argument. A port is picked, because nginx cannot say which it got.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { folder as files } from './files.mjs'

const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})
const folder = mkdtempSync(`${tmpdir()}/nginx-`)
writeFileSync(
  `${folder}/nginx.conf`,
  `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 20000; }
http {
  access_log off; server_tokens off; keepalive_requests 1000000000; keepalive_timeout 600;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server { listen 127.0.0.1:${port} backlog=4096; root ${files}; sendfile on; tcp_nopush on; default_type application/octet-stream; }
}
`,
)
const nginx = spawn(process.argv[2], ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', `${folder}/error.log`], {
  stdio: 'ignore',
})
process.removeAllListeners('SIGTERM')
process.on('SIGTERM', () => nginx.kill('SIGTERM'))
nginx.on('exit', () => {
  rmSync(folder, { recursive: true, force: true })
  process.exit()
})
const wait = setInterval(() => {
  const probe = connect(port, '127.0.0.1', () => {
    clearInterval(wait)
    probe.destroy()
    console.log(`PORT ${port}`)
  })
  probe.on('error', () => {})
}, 50)

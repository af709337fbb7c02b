// The examples of the READMEs as programs that run: what each takes for granted, how a reader would try it out, and what
// it prints. The test of `examples/` runs them from the sources, `packed.mjs` from the packages as published.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import ts from 'typescript'

const localhost = generate([{ name: 'commonName', value: 'localhost' }])
const page = '<!doctype html><title>A site</title><h1>Hello, site!</h1>\n'

/** Asks an echo server over TCP what it makes of a line, and waits until it ends. */
const askEcho = `const client = await connect(server.url)
client.closeWrite('Hello, hooks!')
for await (const chunk of client) console.log(Buffer.from(chunk).toString())`

/** Opens a WebSocket, prints the first messages that come, answers the first with a question. */
const askSocket = (
  path,
  messages,
  protocols = '[]',
) => `const socket = new WebSocket(server.url.replace('http', 'ws') + '${path}', ${protocols})
let left = ${messages}
socket.on('open', () => socket.send('Anybody here?'))
await new Promise((resolve) => socket.on('message', (data) => { console.log(String(data)); if (--left === 0) resolve() }))
socket.close()`

/**
 * What the examples need and say, in the order of the README. `prints` is left out where the example itself says it, in
 * comments behind what prints.
 *
 * - `before`: what stands above the example: what `after` and `instead` need beside it, for the example brings its own
 * - `instead`: pairs of what is written and what is run, for what no test can have, such as a host of the open network
 * - `after`: what a reader does next; servers that an example starts without a name are called `server`
 */
const described = {
  'packages/http-parser': [
    { name: 'a request is parsed' },
    {
      name: 'a response is encoded',
      after: `for (const octets of [head, chunk, end]) console.log(JSON.stringify(new TextDecoder().decode(octets)))`,
      prints: [
        '"HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"',
        '"2\\r\\nhi\\r\\n"',
        '"0\\r\\nDigest: x\\r\\n\\r\\n"',
      ],
    },
    { name: 'requests are read from a stream', prints: ['POST Uint8Array(2) [ 104, 105 ]'] },
  ],
  'packages/socket-server': [
    { name: 'an echo server and its client' },
    {
      name: 'an echo server of hooks',
      before: `import { connect } from '@plainwire/socket-server'`,
      after: `${askEcho}\nawait server.close()`,
      prints: ['Hello, hooks!'],
    },
  ],
  'packages/web-server': [
    { name: 'a handler' },
    {
      name: 'a handler that reads JSON',
      after: `const answer = await fetch(server.url, { method: 'POST', body: '{"name":"ann"}' })
console.log(await answer.text(), (await fetch(server.url)).status)
await server.close()`,
      prints: ['{"sent":{"name":"ann"}} 405'],
    },
    {
      name: 'a fetch handler',
      after: `console.log(await (await fetch(\`\${server.url}/tea\`)).text())\nawait server.close()`,
      prints: ['You asked for /tea'],
    },
    {
      name: 'a class with a method for each method',
      after: `console.log((await (await fetch(server.url)).text()).trim(), (await fetch(server.url, { method: 'PUT' })).status)
await server.close()`,
      prints: ['Hello, web! 405'],
    },
    {
      name: 'a site',
      after: `console.log((await (await fetch(server.url)).text()).trim())
console.log((await (await fetch(\`\${server.url}/letters/\`)).text()).includes('a.txt'))
console.log((await (await fetch(\`\${server.url}/cgi-bin/time\`)).text()).trim())
await server.close()`,
      prints: [page.trim(), 'true', 'It is late.'],
    },
    {
      name: 'WebSockets',
      before: `import { WebSocket } from 'ws'`,
      after: `${askSocket('/', 1)}\nawait server.close()`,
      prints: ['Anybody here?'],
    },
    {
      name: 'HTTPS',
      before: `import { get } from 'node:https'`,
      after: `const asked = { host: '127.0.0.1', port: server.port, servername: 'localhost', ca: read().cert }
const answer = await new Promise((resolve) => get(asked, resolve))
for await (const piece of answer) console.log(String(piece))
await server.close()`,
      prints: ['https'],
    },
    {
      name: 'WebSockets with a context',
      before: `import { WebSocket } from 'ws'`,
      after: `${askSocket('/chat?ann', 2, "['chat']")}\nawait server.close()`,
      prints: ['Welcome, ann', 'Anybody here?'],
    },
    {
      name: 'a case of your own',
      after: `for (const path of ['/health', '/']) console.log((await (await fetch(server.url + path)).text()).trim())
await server.close()`,
      prints: ['alive', page.trim()],
    },
  ],
  'packages/chat-protocol': [
    { name: 'a server and a client' },
    {
      name: 'the codec',
      after: `console.log(message.source, message.params, message.tags.get('time'))\nconsole.log(line)`,
      prints: [
        'PING :a',
        'CHAT_ERR_LINE_TOO_LONG',
        "ann!a@host [ '#room', 'hello there' ] 2026-01-01T00:00:00.000Z",
        '@+reply=x1 PRIVMSG #room :hello there',
      ],
    },
    {
      name: 'a client that answers',
      before: `import { serveChat } from '@plainwire/chat-protocol/server'
const chat = await serveChat({ listeners: [{ port: 0 }] })
const url = \`irc://127.0.0.1:\${chat.port}\``,
      instead: [["url: 'ircs://irc.example.org'", 'url']],
      after: `const bob = connect({ url, nick: 'bob', rooms: ['#lobby'] })
for await (const event of bob) {
  if (event.type === 'names') bob.say('#lobby', 'Anybody here?')
  if (event.type !== 'message' || event.self) continue
  console.log(event.from.nick, event.text)
  break
}
console.log(Array.isArray(events), more)
await bob.close()
await client.close()
await chat.close()`,
      prints: ['ann I heard you', 'true false'],
    },
    {
      name: 'the page',
      before: `import { WebSocket } from 'ws'`,
      after: `const answer = await fetch(\`\${server.url}/chat/\`)
console.log(answer.status, answer.headers.get('content-type'))
const socket = new WebSocket(\`\${server.url.replace('http', 'ws')}/chat/socket\`, ['text.ircv3.net'])
socket.on('open', () => socket.send('PING here'))
console.log(await new Promise((resolve) => socket.on('message', (line) => resolve(String(line)))))
socket.close()
await server.close()
await chat.close()`,
      prints: /^200 text\/html.*\n.*PONG/,
    },
    { name: 'a server', prints: /^irc:\/\/127\.0\.0\.1:\d+$/ },
    { name: 'the engine', prints: / 366 ann #tea / },
  ],
  '.': [
    {
      name: 'a site and a fetch handler',
      after: `for (const url of [pages.url, api.url]) console.log((await (await fetch(url)).text()).trim())
await pages.close()
await api.close()`,
      prints: /^(http:\/\/127\.0\.0\.1:\d+) http:\S+\n<!doctype html>.*\n\{"method":"GET"\}$/,
    },
  ],
}

/**
 * Every JavaScript and TypeScript example of the READMEs.
 *
 * @param {string} root the repository
 * @returns {{ name: string, code: string, esm: string, cjs: string, prints: string | RegExp }[]}
 * @throws {Error} when an example is not described, or is described and not there
 */
export function readmeExamples(root) {
  return Object.entries(described).flatMap(([folder, descriptions]) => {
    const readme = readFileSync(join(root, folder, 'README.md'), 'utf8')
    const blocks = [...readme.matchAll(/^```(?:js|ts)\n([\s\S]*?)^```$/gm)].map(([, code]) => code)
    if (blocks.length !== descriptions.length)
      throw new Error(`${folder}/README.md has ${blocks.length} examples, ${descriptions.length} are described`)
    return blocks.map((code, at) => {
      const { name, prints = promised(code) } = descriptions[at]
      const program = programOf(code, descriptions[at])
      return {
        name: `${folder === '.' ? 'root' : folder.replace('packages/', '')}: ${name}`,
        code,
        esm: transpiled(program),
        cjs: transpiled(asCommonJs(program)),
        prints: Array.isArray(prints) ? prints.join('\n') : prints,
      }
    })
  })
}

/**
 * Runs one example and ends with it: a server that is left open is a failure after half a minute.
 *
 * @param {string} node the Node to run it
 * @param {string} folder where its packages are installed
 * @param {{ name: string, esm: string, cjs: string, prints: string | RegExp }} example
 * @param {'esm' | 'cjs'} form
 * @returns {Promise<string | undefined>} what went wrong
 */
export async function runExample(node, folder, example, form) {
  const site = join(folder, 'public')
  mkdirSync(join(site, 'letters'), { recursive: true })
  mkdirSync(join(site, 'cgi-bin'), { recursive: true })
  writeFileSync(join(site, 'index.html'), page)
  writeFileSync(join(site, 'letters/a.txt'), 'Dear Ann\n')
  const { cert, private: key } = await localhost
  writeFileSync(join(folder, 'chain.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  const script = '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\nIt is late.\\n"\n'
  writeFileSync(join(site, 'cgi-bin/time'), script, { mode: 0o755 })
  const file = `${fileName(example.name)}.${form === 'esm' ? 'mjs' : 'cjs'}`
  writeFileSync(join(folder, file), example[form])

  const child = spawn(node, [file], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 })
  let printed = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaints += text
  })
  const ended = await new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)))
  if (ended !== 0) return `ended with ${ended}: ${printed}${complaints}`
  // Empty lines are those of answers that end with a line break of their own.
  const lines = printed.replace(/\n+/g, '\n').trim()
  const right = typeof example.prints === 'string' ? lines === example.prints : example.prints.test(lines)
  return right ? undefined : `printed ${JSON.stringify(printed)}, not ${example.prints}`
}

/**
 * Type-checks examples as they are printed, each pasted into a TypeScript file of a project with Node's types that is as
 * strict as any.
 *
 * @param {string} folder where their packages are installed, as ES modules
 * @param {readonly { name: string, code: string }[]} examples
 * @returns {string[]} what the compiler says, one line for each complaint
 */
export function typeProblems(folder, examples) {
  const files = new Map(examples.map(({ name, code }) => [join(folder, `${fileName(name)}.ts`), code]))
  for (const [file, code] of files) writeFileSync(file, code)
  const program = ts.createProgram([...files.keys()], {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    skipLibCheck: true,
    noEmit: true,
  })
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1
    return `${file?.fileName ?? ''}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}

/** What an example says it prints: the comments behind `console.log`. */
function promised(code) {
  const lines = [...code.matchAll(/console\.log.*?\/\/ (.*)$/gm)].map(([, comment]) => comment)
  if (lines.length === 0) throw new Error(`nothing says what this prints:\n${code}`)
  return lines
}

/** The example as printed, but for ports, which may be taken, and names for servers that have none. */
function programOf(code, { before = '', instead = [], after = '' }) {
  let text = code.replace(/port: \d{4,}/g, 'port: 0').replace(/^await serve\(/m, 'const server = await serve(')
  for (const [written, run] of instead) {
    if (!text.includes(written)) throw new Error(`the example does not say ${written}`)
    text = text.replace(written, run)
  }
  const imports = /^import .*\n/gm
  const all = `${before}\n${text}${after}\n`
  return `${(all.match(imports) ?? []).join('')}${all.replace(imports, '')}`
}

/** Each import becomes a require, the rest a function that may wait; nothing else changes. */
function asCommonJs(program) {
  const imports = program.match(/^import .*\n/gm) ?? []
  const requires = imports.map((line) => {
    const required = line.replace(/^import (\{.*\}) from ('.*')$/m, 'const $1 = require($2)')
    if (required === line) throw new Error(`no require for ${line}`)
    return required
  })
  return `${requires.join('')}
void (async () => {
${program.replace(/^import .*\n/gm, '')}
})()
`
}

/** Types go, and `await using` becomes what Node 20 understands. */
function transpiled(program) {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
  return ts.transpileModule(program, { compilerOptions }).outputText
}

function fileName(name) {
  return name.replace(/\W+/g, '-')
}

import { parseArgs } from 'node:util'

/** What a person asked for on the command line. */
export interface ServeCommand {
  directory: string
  host: string
  port: number
  /** Whether a taken port is an error instead of a reason to try the next. */
  strictPort: boolean
  unix: string | undefined
  tls: { certificate: string; key: string } | undefined
  /** The file that answers for paths that name none, relative to the directory. */
  spa: string | undefined
  /** URL paths of the folders whose files are run. */
  cgi: readonly string[]
  listing: boolean
  dotfiles: boolean
  followLinks: boolean
  cors: boolean
  auth: { user: string; password: string } | undefined
  /** A Cache-Control value. */
  cache: string | undefined
  log: 'auto' | 'off' | 'common' | 'combined' | 'json'
  explain: boolean
}

/** The command line is not one: the message says what is wrong with it, in a sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const options = {
  host: { type: 'string', short: 'H' },
  port: { type: 'string', short: 'p' },
  'strict-port': { type: 'boolean' },
  unix: { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  spa: { type: 'boolean' },
  cgi: { type: 'string', multiple: true },
  'no-listing': { type: 'boolean' },
  dotfiles: { type: 'boolean' },
  'follow-links': { type: 'boolean' },
  cors: { type: 'boolean' },
  auth: { type: 'string' },
  cache: { type: 'string' },
  log: { type: 'string' },
  explain: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

/** What `--help` prints. */
export const help = `Serves a folder over HTTP.

  plainwire-serve [folder] [options]

The folder is the current one unless named. A file answers with itself, /about with about.html,
a folder with its index.html or a listing.

Where
  -H, --host HOST     address to listen on (127.0.0.1; 0.0.0.0 opens it to the network)
  -p, --port PORT     port (8080; when taken, the next free one; 0: any)
      --strict-port   a taken port is an error
      --unix PATH     a Unix socket instead of a port
      --tls-cert FILE, --tls-key FILE
                      HTTPS, with a certificate chain and its key (PEM)

What
      --spa           a path that names no file is answered with /index.html (single-page application)
      --cgi PATH      executables below this path are run, not sent: --cgi /cgi-bin; more than once for more paths
      --no-listing    a folder without index.html is not listed
      --dotfiles      serve names that begin with a dot
      --follow-links  follow symbolic links that leave the folder

How
      --cors          let pages of any origin read the answers
      --auth USER:PASSWORD
                      ask for a name and a password; without HTTPS anybody on the way can read them
      --cache VALUE   seconds an answer may be kept, or a Cache-Control value: --cache 3600, --cache no-store
      --log FORMAT    common, combined or json lines on standard output, all else on standard error; or off.
                      Without it, one readable line for each request
      --explain       say for each request which case answered, and why the ones before passed
  -h, --help          this text
  -v, --version       the version

Ctrl-C lets running downloads finish; a second one does not. SIGTERM, SIGHUP and SIGQUIT do the same.
When nobody reads its output any more, as after a pipe to head, lines are dropped and the folder is served on.
Exit codes: 0 ended as asked, 1 could not serve, 2 the command line is wrong.
`

/**
 * Reads the command line.
 *
 * @returns the command, or `help` or `version` when that is what was asked for
 * @throws UsageError with a sentence that names the option
 */
export function readCommandLine(args: readonly string[]): ServeCommand | 'help' | 'version' {
  const { values, positionals, tokens } = parse(args)
  if (values.help) return 'help'
  if (values.version) return 'version'
  // An unset variable of a script, most likely: `--host "$HOST"`, taken as it is, would be every address.
  for (const [name, value] of Object.entries(values)) {
    if ([value].flat().includes('')) throw new UsageError(`--${name} is empty`)
  }
  checkRepeated(tokens)
  if (positionals.includes(''))
    throw new UsageError('The name of the folder is empty; for the current one leave it out')
  if (positionals.length > 1) throw new UsageError(`One folder, not ${positionals.length}: ${positionals.join(' ')}`)
  if ((values['tls-cert'] === undefined) !== (values['tls-key'] === undefined)) {
    throw new UsageError('--tls-cert and --tls-key go together')
  }
  if (values.unix !== undefined && (values.host !== undefined || values.port !== undefined)) {
    throw new UsageError('--unix goes without --host and --port')
  }
  return {
    directory: positionals[0] ?? '.',
    host: values.host ?? '127.0.0.1',
    port: readPort(values.port ?? '8080'),
    strictPort: values['strict-port'] ?? false,
    unix: values.unix,
    tls: values['tls-cert'] === undefined ? undefined : { certificate: values['tls-cert'], key: values['tls-key']! },
    spa: values.spa ? 'index.html' : undefined,
    cgi: (values.cgi ?? []).map(readScriptFolder),
    listing: !values['no-listing'],
    dotfiles: values.dotfiles ?? false,
    followLinks: values['follow-links'] ?? false,
    cors: values.cors ?? false,
    auth: values.auth === undefined ? undefined : readAuth(values.auth),
    cache: values.cache === undefined ? undefined : readCache(values.cache),
    log: readLog(values.log ?? 'auto'),
    explain: values.explain ?? false,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, tokens: true })
  } catch (error) {
    throw new UsageError(dashedValue(args) ?? (error as Error).message.split('. ')[0]!)
  }
}

/** A second value would take the place of the first without a word: `--auth` of one who is then not let in. */
function checkRepeated(tokens: ReturnType<typeof parse>['tokens']): void {
  const given = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option' || token.value === undefined || token.name === 'cgi') continue
    if (given.has(token.name)) throw new UsageError(`--${token.name} is given more than once`)
    given.add(token.name)
  }
}

/** What to say of a value that looks like an option: which of the two it is, `parseArgs` will not guess. */
function dashedValue(args: readonly string[]): string | undefined {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind !== 'option' || token.inlineValue !== false || !/^-./.test(token.value)) continue
    if (token.name === 'port') return notPort(token.value)
    return `--${token.name} needs a value, and ${token.value} looks like an option; if it is none: --${token.name}=${token.value}`
  }
  return undefined
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new UsageError(notPort(text))
  return port
}

function notPort(text: string): string {
  return `--port takes a number from 0 to 65535, not ${text}`
}

/** The path of a folder below the one that is served, as it is in a URL: `cgi-bin/` and `./cgi-bin` are `/cgi-bin`. */
function readScriptFolder(text: string): string {
  const names = text.split('/').filter((name) => name !== '' && name !== '.')
  if (names.some((name) => /^\.+$/.test(name)) || /[?#%\0]/.test(text)) {
    throw new UsageError(`--cgi takes a folder inside the one that is served, such as /cgi-bin, not ${text}`)
  }
  return `/${names.join('/')}`
}

function readAuth(text: string): { user: string; password: string } {
  const at = text.indexOf(':')
  if (at < 1 || at === text.length - 1) throw new UsageError('--auth takes USER:PASSWORD')
  return { user: text.slice(0, at), password: text.slice(at + 1) }
}

function readCache(text: string): string {
  if (/^\d{1,9}$/.test(text)) return text === '0' ? 'no-cache' : `max-age=${text}`
  if (!/^[\x21-\x7e][\x20-\x7e]*$/.test(text))
    throw new UsageError(`--cache takes seconds or a Cache-Control value, not ${text}`)
  return text
}

function readLog(text: string): ServeCommand['log'] {
  const formats = ['auto', 'off', 'common', 'combined', 'json'] as const
  const format = formats.find((name) => name === text)
  if (!format) throw new UsageError(`--log takes common, combined, json or off, not ${text}`)
  return format
}

/** What every page that this server makes by itself has in common: one skeleton, one style sheet, one escape. */
import { createHash } from 'node:crypto'

const style = `
:root{color-scheme:light dark;--paper:#fdfdfb;--ink:#1c1d1f;--soft:#63666b;--line:#e4e3dc;--hover:#f2f1ea;--link:#0b57c2;--mark:#b4491c}
@media(prefers-color-scheme:dark){:root{--paper:#151618;--ink:#e9e8e4;--soft:#9a9ca1;--line:#2b2d31;--hover:#1e2023;--link:#8ab7ff;--mark:#ff9a66}}
*,::before{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main,footer{max-width:60rem;margin:0 auto;padding:0 1.25rem}
.narrow main,.narrow footer{max-width:36rem}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.92em;overflow-wrap:anywhere}
footer{color:var(--soft);font-size:.8125rem;padding-top:1.5rem;padding-bottom:2.5rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
nav{font-size:1.375rem;line-height:1.4;font-weight:600;padding:2.25rem 0 1.25rem;letter-spacing:-.01em;overflow-wrap:anywhere}
nav ol{list-style:none;margin:0;padding:0;display:inline}nav li{display:inline}
nav li+li::before{content:"/";color:var(--soft);font-weight:400;margin:0 .35rem}
nav [aria-current]{color:var(--ink)}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{font-weight:500;font-size:.8125rem;text-align:left;color:var(--soft);border-bottom:1px solid var(--line);padding:0}
th a{display:block;color:inherit;padding:.5rem .75rem}th a:hover{color:var(--ink);text-decoration:none}
th[aria-sort] a{color:var(--ink)}
th:first-child a,td:first-child a{padding-left:.75rem}
td{border-bottom:1px solid var(--line);padding:0;vertical-align:baseline}
tbody tr:hover{background:var(--hover)}
td a{display:block;padding:.5rem .75rem;overflow-wrap:anywhere}
td a::before{content:"";display:inline-block;width:.8125rem;height:1rem;margin:0 .84375rem -.1875rem .09375rem;border:1.5px solid var(--soft);border-radius:2px;opacity:.65}
td.d a::before{width:1rem;height:.75rem;margin:0 .75rem -.0625rem 0;border:0;border-radius:2px;opacity:1;background:linear-gradient(var(--mark),var(--mark)) 0 0/45% 40% no-repeat,linear-gradient(var(--mark),var(--mark)) 0 100%/100% 82% no-repeat}
td.u a::before{content:"↑";width:1rem;height:auto;margin:0 .75rem 0 0;border:0;color:var(--soft);opacity:1;line-height:1;text-align:center}
td.d a,td.u a{font-weight:500}
.s,.t{text-align:right;white-space:nowrap}td.s,td.t{color:var(--soft);padding:.5rem .75rem;font-size:.875rem}
.empty{color:var(--soft);font-size:.875rem;margin:0;padding:1rem .75rem}
.error{padding:16vh 0 0}
.error b{display:block;font-size:clamp(4.5rem,18vw,8rem);line-height:1;font-weight:700;letter-spacing:-.05em;color:var(--mark);font-variant-numeric:tabular-nums}
.error h1{font-size:1.625rem;line-height:1.25;margin:1.25rem 0 .5rem;letter-spacing:-.01em}
.error p{margin:.5rem 0;color:var(--soft)}.error p.path{color:var(--ink)}
.error p.way{margin-top:1.5rem}
@media(max-width:36rem){main,footer{padding:0 .5rem}nav{padding:1.25rem .75rem .75rem;font-size:1.1875rem}.t{display:none}.error{padding:10vh .75rem 0}footer{padding:1.25rem}td a{padding:.6875rem .75rem}}
@media print{body{background:none}tbody tr:hover{background:none}}
`.replace(/\n/g, '')

/**
 * The `Content-Security-Policy` under which the pages made here run: our style sheet by its digest and nothing else, so
 * that even markup that should slip through the escaping could not run, load or send anything.
 */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`

/**
 * The start of a page, up to and with `<main>`; what follows is the caller's, already escaped.
 *
 * @param layout `narrow` for a few lines of text
 */
export function pageStart(title: string, layout: 'wide' | 'narrow' = 'wide'): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body class="${layout}">
<main>
`
}

/** The end of a page: what {@link pageStart} opened is closed. */
export function pageEnd(): string {
  return `</main>
<footer>Served by Plainwire</footer>
</body>
</html>
`
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/**
 * Escapes text for element content and for attribute values in either kind of quotes. Control characters and the
 * characters that turn the direction of text, which could make a name look like another, are shown as visible symbols.
 */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => escapes[character]!)
    .replace(/[\u0000-\u001f]/g, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, '\ufffd')
}

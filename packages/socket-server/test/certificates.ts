import { generate } from 'selfsigned'

export interface Identity {
  key: string
  cert: string
}

/** A self-signed certificate for the names, valid from now on. */
export async function identity(...names: string[]): Promise<Identity> {
  const pems = await generate([{ name: 'commonName', value: names[0]! }], {
    extensions: [{ name: 'subjectAltName', altNames: names.map((value) => ({ type: 2 as const, value })) }],
  } as never)
  return { key: pems.private, cert: pems.cert }
}

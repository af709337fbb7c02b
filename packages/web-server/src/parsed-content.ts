/** What the content of a request is made into, and that it is the client's mistake when it can not be. */
import { WebError } from './errors.js'

/** @throws WebError `WEB_ERR_BAD_CONTENT` (400) */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new WebError('WEB_ERR_BAD_CONTENT', 'The content of the request is not JSON.', { cause })
  }
}

/** The media type of a form, to be seen before its content is read. @throws WebError `WEB_ERR_UNSUPPORTED_MEDIA_TYPE` (415) */
export function formType(type: string | null | undefined): string {
  if (type && /^(?:multipart\/form-data|application\/x-www-form-urlencoded)\s*(?:;|$)/i.test(type)) return type
  throw new WebError('WEB_ERR_UNSUPPORTED_MEDIA_TYPE', 'The content of the request is not a form.')
}

/** @param type as {@link formType} gave it @throws WebError `WEB_ERR_BAD_CONTENT` (400) */
export async function parseForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { 'content-type': type } }).formData()
  } catch (cause) {
    throw new WebError('WEB_ERR_BAD_CONTENT', 'The content of the request is not a well-formed form.', { cause })
  }
}

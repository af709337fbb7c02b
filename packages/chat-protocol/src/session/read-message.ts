import { ChatError } from '../codec/errors.js'
import { type Message, parseMessage, parseTags } from '../codec/message.js'

/**
 * Reads what a client sent; the error when it is no message. What is merely no command's name is a message, to be
 * answered like any unknown command, label and all.
 */
export function readMessage(text: string): Message | ChatError {
  try {
    return parseMessage(text)
  } catch (error) {
    if (!(error instanceof ChatError)) throw error
    if (error.code !== 'CHAT_ERR_BAD_COMMAND') return error
    const [, tags = '', command = ''] = /^(?:@([^ ]*) +| *)(?::[^ ]* +)?([^ ]+)/.exec(text) ?? []
    return { tags: parseTags(tags), source: undefined, command, params: [] }
  }
}

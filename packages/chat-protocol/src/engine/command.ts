import type { HistoryQuery } from './log.js'
import type { ClientTags, MessageKind } from './message-kind.js'
import type { ChannelFlag, ChannelList, UserMode } from './mode.js'
import type { Rank } from './rank.js'

/** One wish to change a channel's modes. A list without a mask asks for its entries. */
export type ChannelModeWish =
  | { readonly mode: ChannelFlag; readonly add: boolean }
  | { readonly mode: Rank; readonly add: boolean; readonly nick: string | undefined }
  | { readonly mode: ChannelList; readonly add: boolean; readonly mask: string | undefined }
  | { readonly mode: 'key'; readonly add: boolean; readonly key: string | undefined }
  | { readonly mode: 'limit'; readonly add: boolean; readonly limit: string | undefined }
  | { readonly mode: 'unknown'; readonly letter: string }

/** One wish to change one's own modes. */
export type UserModeWish =
  | { readonly mode: UserMode; readonly add: boolean }
  | { readonly mode: 'unknown'; readonly letter: string }

/** Conditions of LIST; every one given must hold. Times are ages in minutes. */
export interface ListConditions {
  /** Only these channels; empty: all. */
  readonly names: readonly string[]
  /** One of these masks must match the name. */
  readonly masks: readonly string[]
  /** None of these masks may match the name. */
  readonly notMasks: readonly string[]
  /** More members than this. */
  readonly moreUsersThan?: number
  /** Fewer members than this. */
  readonly fewerUsersThan?: number
  /** Opened more than so many minutes ago. */
  readonly createdMoreThan?: number
  /** Opened less than so many minutes ago. */
  readonly createdLessThan?: number
  /** Topic set more than so many minutes ago. */
  readonly topicOlderThan?: number
  /** Topic set less than so many minutes ago. */
  readonly topicNewerThan?: number
}

/** Everything a registered user can ask of the engine. */
export type Command =
  | { type: 'join'; targets: readonly { readonly channel: string; readonly key: string | undefined }[] }
  | { type: 'partAll' }
  | { type: 'part'; channels: readonly string[]; reason: string | undefined }
  | { type: 'topic'; channel: string; text: string | undefined }
  | { type: 'names'; channels: readonly string[] }
  | { type: 'list'; conditions: ListConditions }
  | { type: 'invite'; nick: string; channel: string }
  | { type: 'invitations' }
  | {
      type: 'kick'
      targets: readonly { readonly channel: string; readonly nick: string }[]
      reason: string | undefined
    }
  | { type: 'channelModes'; channel: string; wishes: readonly ChannelModeWish[] }
  | { type: 'userModes'; nick: string; wishes: readonly UserModeWish[] }
  | {
      type: 'message'
      kind: MessageKind
      targets: readonly string[]
      text: string
      tags: ClientTags | undefined
    }
  | { type: 'nick'; nick: string }
  | { type: 'setname'; realname: string }
  | { type: 'away'; message: string | undefined }
  | { type: 'who'; mask: string; operatorsOnly: boolean; fields: string | undefined; token: string | undefined }
  | { type: 'whois'; nicks: readonly string[] }
  | { type: 'whowas'; nick: string; count: number }
  | { type: 'ison'; nicks: readonly string[] }
  | { type: 'userhost'; nicks: readonly string[] }
  | { type: 'monitorAdd'; nicks: readonly string[] }
  | { type: 'monitorRemove'; nicks: readonly string[] }
  | { type: 'monitorClear' | 'monitorList' | 'monitorStatus' }
  | { type: 'oper'; name: string; password: string }
  | { type: 'kill'; nick: string; reason: string }
  | { type: 'wallops'; text: string }
  | { type: 'ban'; mask: string; seconds: number; reason: string }
  | { type: 'unban'; mask: string }
  | { type: 'bans' }
  | { type: 'motd' | 'version' | 'time' | 'info' | 'admin' | 'links'; server: string | undefined }
  | { type: 'lusers' }
  | { type: 'help'; subject: string | undefined }
  | { type: 'history'; query: HistoryQuery }
  | { type: 'quit'; reason: string | undefined }

/** The command of one type. */
export type CommandOf<T extends Command['type']> = OfType<Command, T>
type OfType<C, T> = C extends { type: infer U } ? (T extends U ? C : never) : never

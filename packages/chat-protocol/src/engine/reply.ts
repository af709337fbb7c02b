import type { ServerBan } from './bans.js'
import type { Identity } from './identity.js'
import type { ListEntry } from './list-entry.js'
import type { HistoryEntry, HistoryQuery } from './log.js'
import type { ChannelList, UserMode } from './mode.js'
import type { Refusal } from './refusal.js'
import type { ChannelView, UserView } from './view.js'
import type { Departed } from './whowas.js'

/** One row of NAMES: who, and with which rank. */
export interface NamesRow {
  /** Who it is. */
  readonly identity: Identity
  /** Bits of `RANK`. */
  readonly ranks: number
}

/** Figures of LUSERS. */
export interface Census {
  /** Users that anybody may find. */
  readonly visible: number
  /** Users that hide. */
  readonly invisible: number
  /** Operators of the server. */
  readonly operators: number
  /** Connections that have not registered. */
  readonly unregistered: number
  /** Channels, secret ones included. */
  readonly channels: number
  /** Most users at one time so far. */
  readonly most: number
}

/** The answer to a command, or a part of it. Objects in it are the engine's own and only valid during the call. */
export type Reply =
  | { readonly type: 'refused'; readonly refusal: Refusal; readonly about: readonly string[] }
  | {
      readonly type: 'failed'
      readonly command: string
      readonly code: string
      readonly about: readonly string[]
      readonly text: string
    }
  | { readonly type: 'names'; readonly channel: ChannelView; readonly rows: readonly NamesRow[] }
  | { readonly type: 'endOfNames'; readonly channel: string }
  | { readonly type: 'topic'; readonly channel: ChannelView }
  | { readonly type: 'listStart' }
  | { readonly type: 'listRow'; readonly channel: ChannelView; readonly users: number }
  | { readonly type: 'endOfList' }
  | { readonly type: 'inviting'; readonly nick: string; readonly channel: string }
  | { readonly type: 'invitation'; readonly channel: string }
  | { readonly type: 'endOfInvitations' }
  | { readonly type: 'channelModes'; readonly channel: ChannelView; readonly member: boolean }
  | { readonly type: 'maskListRow'; readonly channel: string; readonly list: ChannelList; readonly entry: ListEntry }
  | { readonly type: 'endOfMaskList'; readonly channel: string; readonly list: ChannelList }
  | { readonly type: 'userModes'; readonly modes: ReadonlySet<UserMode> }
  | { readonly type: 'recipientAway'; readonly nick: string; readonly message: string }
  | { readonly type: 'away'; readonly away: boolean }
  | {
      readonly type: 'whoRow'
      readonly user: UserView
      /** Channel shown with the row; undefined for `*`. */
      readonly channel: ChannelView | undefined
      readonly fields: string | undefined
      readonly token: string | undefined
      /** True when the asker is an operator. */
      readonly full: boolean
      readonly now: number
    }
  | { readonly type: 'cutShort'; readonly rows: number }
  | { readonly type: 'endOfWho'; readonly mask: string }
  | {
      readonly type: 'whois'
      readonly user: UserView
      readonly channels: readonly ChannelView[]
      readonly full: boolean
      readonly now: number
    }
  | { readonly type: 'endOfWhois'; readonly nicks: string }
  | { readonly type: 'whowas'; readonly departed: Departed; readonly full: boolean }
  | { readonly type: 'endOfWhowas'; readonly nick: string }
  | { readonly type: 'ison'; readonly nicks: readonly string[] }
  | { readonly type: 'userhost'; readonly users: readonly UserView[] }
  | { readonly type: 'monitorOnline'; readonly who: readonly Identity[] }
  | { readonly type: 'monitorOffline'; readonly nicks: readonly string[] }
  | { readonly type: 'monitorList'; readonly nicks: readonly string[] }
  | { readonly type: 'endOfMonitorList' }
  | { readonly type: 'monitorFull'; readonly limit: number; readonly nicks: readonly string[] }
  | { readonly type: 'operator' }
  | { readonly type: 'newHost'; readonly host: string }
  | { readonly type: 'serverBan'; readonly ban: ServerBan }
  | { readonly type: 'endOfServerBans' }
  | { readonly type: 'serverBanChanged'; readonly mask: string; readonly added: boolean }
  | { readonly type: 'motd'; readonly lines: readonly string[] }
  | { readonly type: 'version' }
  | { readonly type: 'time'; readonly now: number }
  | { readonly type: 'info'; readonly lines: readonly string[]; readonly since: number }
  | { readonly type: 'admin'; readonly lines: readonly string[] }
  | { readonly type: 'links' }
  | { readonly type: 'lusers'; readonly census: Census }
  | { readonly type: 'help'; readonly subject: string | undefined }
  | { readonly type: 'historyStart'; readonly target: string }
  | { readonly type: 'historyRow'; readonly entry: HistoryEntry }
  | { readonly type: 'endOfHistory' }
  | { readonly type: 'historyTargets'; readonly targets: readonly { readonly name: string; readonly latest: number }[] }
  | { readonly type: 'historyRefused'; readonly query: HistoryQuery; readonly code: string; readonly text: string }

import type { Identity, Source } from './identity.js'
import type { ClientTags, MessageKind } from './message-kind.js'
import type { ChannelFlag, ChannelList, UserMode } from './mode.js'
import type { Rank } from './rank.js'

/** One change of a channel's modes that happened. */
export type ChannelModeChange =
  | { readonly mode: ChannelFlag; readonly add: boolean; readonly argument?: undefined }
  | {
      readonly mode: Rank | ChannelList | 'key' | 'limit'
      readonly add: boolean
      readonly argument?: string | undefined
    }

/** One change of a user's modes that happened. */
export interface UserModeChange {
  /** Which mode. */
  readonly mode: UserMode
  /** True when it was switched on. */
  readonly add: boolean
}

/** A message as it was said. */
export interface MessageEvent {
  /** Tells it from other events. */
  readonly type: 'message'
  /** Whether it may be answered. */
  readonly kind: MessageKind
  /** Who said it. */
  readonly from: Identity
  /** Display name of the channel, or the nick. */
  readonly target: string
  /** Bit of the lowest rank that is addressed; 0 addresses all members. */
  readonly rank: number
  /** The text; empty for a TAGMSG. */
  readonly text: string
  /** Tags for other clients. */
  readonly tags: ClientTags | undefined
}

/** What happened, for everybody who may know of it. */
export type Event =
  | MessageEvent
  | { readonly type: 'joined'; readonly who: Identity; readonly channel: string }
  | { readonly type: 'parted'; readonly who: Identity; readonly channel: string; readonly reason: string | undefined }
  | { readonly type: 'quit'; readonly who: Identity; readonly reason: string }
  | {
      readonly type: 'kicked'
      readonly by: Source
      readonly channel: string
      readonly nick: string
      readonly reason: string
    }
  | { readonly type: 'renamed'; readonly who: Identity; readonly nick: string }
  | { readonly type: 'topicChanged'; readonly by: Source; readonly channel: string; readonly text: string }
  | {
      readonly type: 'channelModesChanged'
      readonly by: Source
      readonly channel: string
      readonly changes: readonly ChannelModeChange[]
    }
  | { readonly type: 'userModesChanged'; readonly who: Identity; readonly changes: readonly UserModeChange[] }
  | {
      readonly type: 'invited'
      readonly by: Identity
      readonly nick: string
      readonly channel: string
      /** True for members who are merely told of it. */
      readonly witnessed: boolean
    }
  | { readonly type: 'awayChanged'; readonly who: Identity; readonly message: string | undefined }
  | { readonly type: 'hostChanged'; readonly who: Identity; readonly user: string; readonly host: string }
  | { readonly type: 'realnameChanged'; readonly who: Identity; readonly realname: string }
  | { readonly type: 'wallops'; readonly from: Source; readonly text: string }
  | { readonly type: 'killed'; readonly by: Source; readonly nick: string; readonly reason: string }

/**
 * An event on its way to many: made once, handed to each recipient. `forms` is room for whoever serialises it to keep
 * one form per kind of recipient, so that a message to fifty members is written out once and not fifty times.
 */
export class Publication {
  /** Parallel arrays: the kind of recipient, and the event's form for it. A handful at most. */
  readonly kinds: number[] = []
  /** See `kinds`. */
  readonly forms: unknown[] = []

  constructor(
    /** What happened. */
    readonly event: Event,
    /** Milliseconds since the epoch. */
    readonly time: number,
    /** Message id, unique on this server; undefined for events that have none. */
    readonly id: string | undefined,
  ) {}
}

import type { ChannelFlag, UserMode } from './mode.js'

/** Limits of names, lists and texts. Lengths are in octets of UTF-8. */
export interface EngineLimits {
  /** Octets of a nick. Default 32. */
  readonly maxNickLength: number
  /** Octets of a channel name with its `#`. Default 64. */
  readonly maxChannelLength: number
  /** Octets of a topic. Default 307, which leaves room for the longest source and channel within 512. */
  readonly maxTopicLength: number
  /** Octets of a reason for KICK, PART, QUIT and KILL. Default 290. */
  readonly maxReasonLength: number
  /** Octets of an away message. Default 290. */
  readonly maxAwayLength: number
  /** Octets of a real name. Default 150. */
  readonly maxRealnameLength: number
  /** Octets of a channel's key. Default 32. */
  readonly maxKeyLength: number
  /** Channels one user may be in. Default 100. */
  readonly maxChannels: number
  /** Entries of all mask lists of one channel together. Default 100. */
  readonly maxListEntries: number
  /** Nicks one user may watch. Default 100. */
  readonly maxMonitored: number
  /** Recipients of one message, and names in one NAMES or WHOIS. Default 4. */
  readonly maxTargets: number
  /** Mode changes with an argument in one MODE. Default 10. */
  readonly maxModes: number
  /** Messages in one page of history. Default 100. */
  readonly maxHistoryPage: number
  /** Rows of one WHO by mask. Default 500; the client is told when there are more. */
  readonly maxWhoRows: number
  /** Rows of one LIST. Default 2,000; the client is told when there are more. */
  readonly maxListRows: number
  /** Remembered departures for WHOWAS. Default 1,000. */
  readonly maxWhowas: number
  /** Server bans. Default 1,000. */
  readonly maxServerBans: number
}

/** How one server is set up; all of it data. */
export interface EngineSettings {
  /** The server's name in sources, for example `irc.example.org`. */
  readonly name: string
  /** The network's name, one word. */
  readonly network: string
  /** Lines of the message of the day; none answers "no MOTD". */
  readonly motd: readonly string[]
  /** Lines of ADMIN: where, who, how to reach them. */
  readonly admin: readonly string[]
  /** One sentence about the server. */
  readonly description: string
  /** Program and version. */
  readonly version: string
  /** Switches of a new channel. */
  readonly defaultChannelFlags: readonly ChannelFlag[]
  /** Modes of a new user. */
  readonly defaultUserModes: readonly Exclude<UserMode, 'operator'>[]
  /** Lengths and counts. */
  readonly limits: EngineLimits
}

/** The defaults of {@link EngineLimits}. */
export const DEFAULT_LIMITS: EngineLimits = {
  maxNickLength: 32,
  maxChannelLength: 64,
  maxTopicLength: 307,
  maxReasonLength: 290,
  maxAwayLength: 290,
  maxRealnameLength: 150,
  maxKeyLength: 32,
  maxChannels: 100,
  maxListEntries: 100,
  maxMonitored: 100,
  maxTargets: 4,
  maxModes: 10,
  maxHistoryPage: 100,
  maxWhoRows: 500,
  maxListRows: 2000,
  maxWhowas: 1000,
  maxServerBans: 1000,
}

/** The defaults of {@link EngineSettings}. */
export const DEFAULT_SETTINGS: EngineSettings = {
  name: 'plainwire.local',
  network: 'Plainwire',
  motd: [],
  admin: [],
  description: 'a Plainwire chat server',
  version: 'plainwire',
  defaultChannelFlags: ['noExternal', 'topicLocked'],
  defaultUserModes: [],
  limits: DEFAULT_LIMITS,
}

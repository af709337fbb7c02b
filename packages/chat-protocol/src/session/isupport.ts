import { formatIsupport } from '../codec/isupport.js'
import type { EngineSettings } from '../engine/settings.js'
import { CHANNEL_MODES, RANKS } from './mode-letters.js'

/** What the server says of itself in 005, as the parameters of each message. */
export function isupport(settings: EngineSettings, hasHistory: boolean): string[][] {
  const { limits } = settings
  const { list, always, whenSet, never } = CHANNEL_MODES
  const signs = RANKS.map(({ sign }) => sign).join('')
  const tokens: Record<string, string | number | true> = {
    AWAYLEN: limits.maxAwayLength,
    BOT: 'B',
    CASEMAPPING: 'ascii',
    CHANLIMIT: `#:${limits.maxChannels}`,
    CHANMODES: [list, always, whenSet, never].join(','),
    CHANNELLEN: limits.maxChannelLength,
    CHANTYPES: '#',
    ELIST: 'CMNTU',
    EXCEPTS: 'e',
    EXTBAN: ',m',
    HOSTLEN: 63,
    INVEX: 'I',
    KEYLEN: limits.maxKeyLength,
    KICKLEN: limits.maxReasonLength,
    MAXLIST: `${list}:${limits.maxListEntries}`,
    MAXTARGETS: limits.maxTargets,
    MODES: limits.maxModes,
    MONITOR: limits.maxMonitored,
    NAMELEN: limits.maxRealnameLength,
    NETWORK: settings.network,
    NICKLEN: limits.maxNickLength,
    PREFIX: `(${RANKS.map(({ letter }) => letter).join('')})${signs}`,
    STATUSMSG: signs,
    TARGMAX: `JOIN:,KICK:,LIST:,NAMES:${limits.maxTargets},NOTICE:${limits.maxTargets},PART:,PRIVMSG:${limits.maxTargets},TAGMSG:${limits.maxTargets},WHOIS:${limits.maxTargets}`,
    TOPICLEN: limits.maxTopicLength,
    USERLEN: 12,
    UTF8ONLY: true,
    WHOX: true,
  }
  if (hasHistory) {
    tokens.CHATHISTORY = limits.maxHistoryPage
    tokens.MSGREFTYPES = 'msgid,timestamp'
  }
  return formatIsupport(tokens)
}

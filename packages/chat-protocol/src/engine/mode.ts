/** Switches of a channel. */
export type ChannelFlag = 'inviteOnly' | 'moderated' | 'noExternal' | 'secret' | 'topicLocked' | 'noCtcp'

/** Mask lists of a channel. */
export type ChannelList = 'ban' | 'exception' | 'invitation'

/** What a user may switch on for itself; `operator` only through an operator's password. */
export type UserMode = 'invisible' | 'wallops' | 'bot' | 'operator'

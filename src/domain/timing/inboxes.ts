/** The values of inbox objects. See `../timing.ts`. */
export const INBOX_VALUES = {
  /** The time for which an inbox assumes that a conversation which sent an update has further ones. */
  recent: {
    /** For lists, which query its snapshot: longer than `fanout.cooldownMs`. */
    listMs: 3_000,
    /** For the first device, which subscribes to it: longer than `deviceTracker.absentMs`. */
    subscribeMs: 6_000,
  },
  /** Groups that tell few inboxes of what happens. */
  crowds: {
    /** How often devices hear of them. */
    askMs: 60_000,
    /** The wait of a list, or of a socket that opens, for one: it may have slept. */
    answerMs: 2_000,
  },
  /** The list of conversations. */
  list: {
    /** While devices are connected, updates in quick succession are written once this time had none. */
    writeBehindMs: 500,
    /** A conversation in which updates do not end is written this often. */
    longestBehindMs: 4_000,
    /** Updates wait for no commit if the row of their conversation was written within this time. */
    followMs: 300_000,
    /**
     * After a crash the conversations are asked whose rows were written within this time of the last one:
     * longer than `followMs` and `longestBehindMs`.
     */
    lostMs: 360_000,
    /**
     * The wait of a list, or of a socket that opens, for the snapshot of one conversation; a late
     * conversation keeps its stored row.
     */
    snapshotTimeoutMs: 300,
    /** After a crash: the deadline of a conversation for the snapshot that replaces a lost update. */
    recoveryTimeoutMs: 5_000,
  },
  /** The sockets of a user's devices. */
  deviceFeed: {
    /**
     * A new socket gets no messages for so long: a resuming client first sends its sync position, or gets
     * some twice.
     */
    holdMs: 500,
    /** The deadline of a conversation for a page or a subscription. */
    pageTimeoutMs: 5_000,
    /** The deadline of a sync or a read, including its wait for earlier requests of the socket. */
    callTimeoutMs: 10_000,
    /**
     * The deadline of a send, including its wait for copies and, while the direct permission changes, for D1.
     */
    sendTimeoutMs: 30_000,
    /** The deadline of a conversation for a typing event. */
    typingTimeoutMs: 5_000,
    /**
     * `Retry-After` where a user has too many sockets: a socket that lost its connection may have closed by
     * then.
     */
    fullRetryAfterS: 60,
  },
  /** Conversation contexts, copied from D1 for the wire formats that write one with each message. */
  contextCache: {
    /** One query a minute for each conversation with messages. */
    freshMs: 60_000,
    /** The pause after a failed query: no message waits for it. */
    cooldownMs: 10_000,
    /** A message's wait for D1. */
    timeoutMs: 2_000,
  },
  /** A new name or avatar, which its user's inbox announces to their conversations. */
  profileAnnouncement: {
    /** An answer's wait for the conversations with the newest activity. */
    answerTimeoutMs: 1_000,
    /** The answers that wait in a minute: of a user who changes their name in a loop no more do. */
    answersPerMinute: 10,
    /** The deadline of a conversation; after it the conversation is left to `profileCache.freshMs`. */
    callTimeoutMs: 2_000,
    /** The delay of the round through all conversations, after an answer has had its time. */
    roundDelayMs: 1_000,
    /** The minimum interval between two rounds: with the calls of a round a name is visible within 5 s. */
    intervalMs: 4_000,
    /** The same for each conversation of the last round: 100 calls a second of one user on average. */
    intervalPerCallMs: 10,
  },
  /** The presence of a user. */
  presence: {
    /**
     * A user stays online for so long after the last socket has closed: a reconnect does not show as absence.
     */
    graceMs: 5_000,
    /** The delay of the job's try, after the first try has had its time. */
    retryMs: 2_000,
    /**
     * A new socket's wait for D1: a contact who connects later finds the user online. A job continues after
     * it.
     */
    openTimeoutMs: 1_000,
    /** The deadline of a contact's inbox; after it the inbox is skipped, as there may be hundreds. */
    contactTimeoutMs: 2_000,
  },
  /** The registered room sockets of a user's sessions, by conversation. */
  socketRegistry: {
    /** A conversation's wait for an inbox, before it opens a socket and after it has closed the last one. */
    registerTimeoutMs: 5_000,
    /** An inbox's wait for a conversation that closes sockets, or lists the open ones. */
    callTimeoutMs: 5_000,
    /**
     * The interval in which an inbox checks registrations: sockets that a crash has closed are not
     * unregistered.
     */
    checkMs: 15 * 60_000,
  },
  /** The end of sessions. */
  sessionTermination: {
    /**
     * The delay after which an inbox queries D1 about an announced end: D1 commits or rolls back within 30 s.
     */
    lookupMs: 40_000,
    /** The delay of the job that closes the sockets which the first try has not closed. */
    retryMs: 2_000,
  },
  /** Account deletion. */
  accountDeletion: {
    /** As `sessionTermination.lookupMs`. */
    lookupMs: 40_000,
    /** The delay of the job that calls the conversations which the first try has not reached. */
    retryMs: 5_000,
    /** The deadline of a conversation; after it the call is repeated. */
    callTimeoutMs: 5_000,
    /** The time of the first try of all conversations, for which the user waits. */
    budgetMs: 3_000,
  },
  /** Rebuilding a user's list from their conversations. */
  listRepair: {
    /** The minimum interval between two repairs: each calls all conversations of the user. */
    cooldownMs: 60_000,
    /** The time for the conversations of one part, for which a client waits. */
    budgetMs: 20_000,
    /** The deadline of one conversation, including its turn. */
    callTimeoutMs: 5_000,
  },
  /** Stored drafts. */
  drafts: {
    /** A draft is kept for 1 day. */
    lifetimeMs: 24 * 60 * 60_000,
  },
  /** Scheduled messages. */
  scheduled: {
    /** How far ahead a message may be scheduled: 365 days. */
    maxAheadMs: 365 * 24 * 60 * 60_000,
    /** The deadline of a conversation for a send, including its wait for D1 while a permission changes. */
    sendTimeoutMs: 12_000,
    /** The same for a forward or a merged message, whose originals are read first. */
    copyTimeoutMs: 22_000,
    /** The pause of all sends while a deletion of the account is under way. */
    deletionPauseMs: 5_000,
    /** A send that has failed for a day is given up: its user is told, and may schedule it anew. */
    giveUpMs: 24 * 60 * 60_000,
    /** A refused message is kept for a week, so that its user finds it. */
    keepFailedMs: 7 * 24 * 60 * 60_000,
    /** The files of a sent message are held for so long: its conversation records them after a second. */
    releaseMs: 20_000,
  },
  /** Taps on buttons of a bot. */
  taps: {
    /** A tap can be answered for 15 minutes. */
    keepMs: 15 * 60_000,
  },
  /** Pushes to devices without a socket. */
  push: {
    /** A message is pushed so long after it came, unless it was read meanwhile. */
    graceMs: 5_000,
    /** What a device shows is replaced or cleared so long after a change: a burst of reads is one push. */
    changeMs: 1_000,
    /** A message is tried for so long, and waits for so long at the push service: a day. */
    ttlMs: 24 * 60 * 60_000,
    /** The deadline of the conversation. */
    callTimeoutMs: 5_000,
    /** The deadline of a push service: they answer within a second. */
    answerMs: 5_000,
    /** The unit of the pauses of a device whose service did not take a push (`pauseAfter`). */
    retryUnitMs: 1_000,
    /** The longest of them. */
    maxPauseMs: 60 * 60_000,
  },
  /** What bots are told. */
  botUpdates: {
    /** An update that a bot has not taken is kept for a day, as Telegram does. */
    keepMs: 24 * 60 * 60_000,
    /** Names in an update that has waited longer are read anew: they may have changed, or be of nobody. */
    freshMs: 60_000,
    /** When a bot last asked is noted so often: a row in an hour. */
    noteAskedMs: 60 * 60_000,
    /** A bot that has not asked for a week is told no more until it asks. */
    idleMs: 7 * 24 * 60 * 60_000,
    /** The longest wait for an update. */
    maxWaitMs: 50_000,
    /** A bot that asked so long ago works on what it got, and asks again: it counts as connected. */
    listenMs: 2_000,
    /** The deadline of the conversation. */
    callTimeoutMs: 5_000,
    /** The time of the answer of a webhook. */
    answerMs: 15_000,
    /** The unit of the pauses after a call that failed (`pauseAfter`). */
    retryUnitMs: 1_000,
    /** The longest of them: what waits is kept for a day. */
    maxPauseMs: 10 * 60_000,
  },
  /** The gateway of bots. */
  gateway: {
    /** A session goes on so long after its socket has closed: a library comes back after 90 s. */
    keepMs: 120_000,
    /** A client that has an event for so long has taken it: libraries wait so long for an answer, too. */
    takeMs: 6_000,
    /** `Retry-After` where a bot has too many sockets. */
    fullRetryAfterS: 60,
    /** A socket waits so long for the bot to follow its channels: libraries wait 6 s for a hello. */
    followMs: 3_000,
  },
};

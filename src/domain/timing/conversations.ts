/** The values of conversation objects. See `../timing.ts`. */
export const CONVERSATION_VALUES = {
  /** Delivery of inbox updates to the inboxes of members. */
  fanout: {
    /** For a member without devices: an update every 2 s in a busy room instead of 100 a second. */
    cooldownMs: 2_000,
    /** For a member with devices in a crowded group: devices that do not look hear of it once a second. */
    crowdedCooldownMs: 1_000,
    /** For a member of a large group without devices: their list is at most a minute old. */
    largeGroupCooldownMs: 60_000,
    /**
     * The pause after the last delivery before a checkpoint is stored: a burst costs one row. The pause keeps
     * the object from hibernating, which costs as much as a row each 600 ms.
     */
    checkpointMs: 500,
  },
  /** Old bodies that move into archives. */
  archives: {
    /** A page waits so long for an archive, which may have to be loaded. */
    answerMs: 10_000,
    /** The newest messages stay: pages, edits and replies are mostly about them. */
    keptMessages: 10_000,
    /** One call copies so many messages, and so many UTF-16 units: the archive indexes them in some 50 ms. */
    partMessages: 256,
    partChars: 64 * 1024,
    /** The calls of one run of the job, and the pause before the next: sends come between. */
    partsAtOnce: 20,
    pauseMs: 20,
    /** The rows that one turn empties: about 5 ms. */
    clearedMessages: 500,
    /** Changes wait so long before archives are told: several of one message are one. */
    changesMs: 5_000,
    changesAtOnce: 50,
    /** An archive that has so many bytes gets no more: a new one begins. */
    archiveBytes: 8_000_000_000,
  },
  /** Many messages over room sockets: devices get theirs in pages. */
  roomLoad: {
    /** The load is high with so many messages in this window and the one before: about 1,000 a second. */
    highMessages: 100,
    windowMs: 50,
    /** The longest wait of a device for a page to fill. */
    pageMs: 50,
  },
  /** The calls of a conversation to inboxes: updates and notifications. */
  inboxCalls: {
    /** The deadline of a call. It is longer than the inbox's own wait for D1. */
    callTimeoutMs: 5_000,
    /** The pause after a first failure. Later pauses are as long as the inbox has been failing. */
    retryMs: 2_000,
    /** The longest pause if changes come: a message finds an inbox that works again after a minute. */
    maxPauseMs: 60_000,
    /** An inbox that has failed for a day is parked: the alarm retries it no more. */
    parkAfterMs: 24 * 60 * 60_000,
    /**
     * The alarm's wait for the delivery slots: in a busy room they never drain, and other jobs need the
     * alarm.
     */
    drainTimeoutMs: 2_000,
    /**
     * The calls that one alarm makes for updates, and for notifications: the platform allows 1,000 for one
     * event. At the pace of calls they end within `drainTimeoutMs`, and the next alarm follows at once.
     */
    maxPerAlarm: 300,
  },
  /** Live delivery: the calls of a conversation to the inboxes of members with devices. */
  liveCalls: {
    /** A call that takes longer no longer counts as in flight, so that it keeps no other call waiting. */
    slowMs: 250,
  },
  /** The rate at which the fan-out and the notification outbox call inboxes. */
  pace: {
    /** A group of 1,000 members is updated within 5 seconds. */
    perSecond: 200,
    /** The calls that may start at once: in most groups no call waits. */
    burst: 50,
  },
  /** The stored row that exists while deliveries are outstanding: after a crash the alarm finishes them. */
  retryMarker: {
    /** Longer than a call and its retry, so that the alarm does not repeat a delivery that is in progress. */
    dueMs: 30_000,
  },
  /** Delivery of notifications to inboxes. */
  outbox: {
    /**
     * The wait of a call's answer for its notifications: most receivers can read them as soon as it returns.
     */
    answerTimeoutMs: 1_000,
  },
  /** A conversation's knowledge of members' devices. */
  deviceTracker: {
    /** For so long a member without devices gets no typing events: each would wake an inbox. */
    absentMs: 5_000,
  },
  /** The subscription of an inbox, to which the conversation then delivers without delay. */
  subscription: {
    /** The lease, with or without an open socket. It is longer than the opening of a socket takes. */
    leaseMs: 15_000,
    /** The inbox's minimum interval between two renewals: reloading a list costs no calls. */
    renewMs: 10_000,
  },
  /** Typing events of one user in one conversation. */
  typing: {
    /** The interval in which typing events are coalesced: clients send one for each key. */
    intervalMs: 1_000,
    /** The age at which an undelivered event is dropped: the user may have stopped typing. */
    staleMs: 3_000,
  },
  /** What bots show of messages that they are making. */
  streams: {
    /** The least time between two parts of one stream that are told: five a second. */
    intervalMs: 200,
    /** A stream without a part for so long is forgotten. */
    keepMs: 60_000,
  },
  /** Changes of stored messages. */
  changes: {
    /** The least time between two announcements: a message that changes often is four frames a second. */
    intervalMs: 250,
    /** Bytes of announcements that a reader is sent in a second: 2 Mbit/s, which a mobile connection has. */
    bytesPerS: 256 * 1024,
    /** What a client asks for is announced so long before its bytes are paid: small changes do not wait. */
    advanceMs: 1_000,
    /** The most bytes of one announcement: far below those after which a reader falls behind. */
    maxBytes: 1024 * 1024,
    /** The most bytes that wait of one user's changes: one announcement has those of two. */
    maxBytesOfUser: 512 * 1024,
  },
  /** Profiles that a conversation has copied from D1. */
  profileCache: {
    /**
     * An announcement that was lost is made up for after a minute, at the cost of one query a minute for each
     * conversation in use.
     */
    freshMs: 60_000,
    /** The pause after a failed query. */
    cooldownMs: 10_000,
    /** An answer's wait for D1; after it the answer has the cached profiles. */
    timeoutMs: 300,
  },
  /** The projection of members and profile to D1. */
  projection: {
    /** An answer's wait for D1; after it the alarm continues. */
    timeoutMs: 5_000,
    /** The delay of the alarm's next try, after the first try has had its time. */
    retryMs: 5_000,
  },
  /** Conversation updates, which sockets get after a change. */
  announcements: {
    /**
     * The deadline of the lookup in D1; after it the frame is dropped, and clients query the conversation.
     */
    lookupTimeoutMs: 5_000,
  },
  /** A change of a block or friendship, announced to the direct conversation before the Worker changes D1. */
  directPermission: {
    /** An announcement without an end expires: D1 commits or rolls back a batch within 30 s. */
    expiryMs: 40_000,
    /** A send's wait for D1 meanwhile; after it the send is refused and may be repeated. */
    lookupTimeoutMs: 5_000,
  },
  /** Requests that were rejected: to join a group, and for friendship. */
  rejections: {
    /** The time after which the same user can ask again: who said no is not asked twice a day. */
    cooldownMs: 24 * 60 * 60_000,
  },
  moderation: {
    /** The term of the messages that a report keeps, and of those that a rule has found. */
    keepReportsMs: 90 * 24 * 60 * 60_000,
    /** For so long senders are shown what a rule has held back: within the term. */
    showHeldMs: 30 * 24 * 60 * 60_000,
  },
  /** The rules that texts are checked against, as an isolate knows them. */
  rules: {
    /** After so long a message has them read again, behind it. */
    keepMs: 10_000,
    /** After so long a message waits for them. So old may be the rules that hold. */
    staleMs: 60_000,
    /** The deadline of a read; after it those of before hold. */
    readTimeoutMs: 1_000,
  },
  /** The search index of a conversation. */
  indexing: {
    /** Indexing starts after so long without a message: indexing a message costs as much as storing it. */
    idleMs: 1_000,
    /** The pause between two turns of about 5 ms while messages arrive: indexing takes 4 % of the time. */
    busyPauseMs: 120,
    /**
     * From so many unindexed messages on, the pause is `backlogPauseMs`: a search scans at most 5,000 of them
     * a call, so a search of a whole conversation takes 20 calls for them.
     */
    backlog: 100_000,
    /** A conversation that is sent all that it takes keeps nine tenths of its rate beside these pauses. */
    backlogPauseMs: 5,
    /** From so many on there is no pause: indexing keeps up with any rate, which falls to seven tenths. */
    maxBacklog: 1_000_000,
    /**
     * The index is rewritten at most so often, for what erased texts leave in it: up to two characters that
     * nobody else wrote, in one of thousands. A rewrite of a million messages takes half a minute of CPU.
     */
    purgeEveryMs: 60 * 60_000,
  },
  /** Messages that expire. */
  retention: {
    /** The pause between two runs: a quiet conversation has one alarm a day. Messages are kept a day more. */
    everyMs: 24 * 60 * 60_000,
    /** The pause between two parts of messages that are emptied: others come between. */
    pauseMs: 1_000,
  },
  /** Forwarded and merged messages. */
  copies: {
    /** The deadline for the conversations of the originals, which are read one after the other. */
    readTimeoutMs: 10_000,
  },
  /** The reads of a conversation that take long. */
  costlyReads: {
    /** The reads of one user that may wait for their turn. */
    maxWaiting: 5,
    /** A whole history that was asked for no further part for so long was given up by its reader. */
    historyLeaseMs: 15_000,
  },
  /** The room sockets of a conversation. The platform allows 32,768 for an object. */
  roomSockets: {
    /** For one user: as many devices and pages as people look at one conversation with. */
    perUser: 10,
    /** From so many sockets on, only users without one get one: places are kept for others. */
    scarceAt: 20_000,
    /** The most sockets. */
    max: 30_000,
  },
  /** The viewers of an audience room. */
  viewers: {
    /** Their number is told once in this time at most. */
    pauseMs: 5_000,
    /** What was left out at the end of a burst is told after this time. */
    sampleMs: 500,
  },
  /** What a channel knows of its space. */
  spaces: {
    /** How long it relies on that: so long a change may wait for a channel that does not answer. */
    leaseMs: 60_000,
    /** With less time left than this it reads it anew. */
    renewMs: 30_000,
    /** So much may two clocks differ. */
    skewMs: 5_000,
    /** The wait for D1. */
    timeoutMs: 5_000,
  },
  /** The relays of a crowd. */
  relays: {
    /**
     * The pause between two calls of a relay, for each of its sockets: a relay writes 8,000 frames a second
     * with a third of its thread (docs/benchmarks/crowds.md).
     */
    pauseUs: 125,
    /** The deadline of a call between a conversation and a relay. */
    callMs: 5_000,
    /** The pause after a call has failed; doubled with each further failure. */
    retryMs: 500,
    maxRetryMs: 30_000,
    /** A socket that has sent nothing for so long has no send that waits. */
    senderMs: 60_000,
    /** The pages that a relay asks for at once for sockets that are behind. */
    pagesAtOnce: 16,
  },
};

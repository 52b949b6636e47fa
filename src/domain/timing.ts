/**
 * Every cooldown, timeout, backoff, lease and lifetime of the server, and the thresholds that two objects
 * share. Units are in the names: `Ms`, `S`. Counts and sizes that clients see are in `limits.ts`, the choices
 * of an operator in `settings.ts`. `test/unit/pure/timing.test.ts` states how values depend on each other.
 */
const VALUES = {
  /** The group size on which conversations and inboxes agree. */
  largeGroup: {
    /**
     * Larger groups send ephemeral events to room sockets only, and update members without devices by the
     * alarm.
     */
    aboveMembers: 64,
  },

  // Conversations

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
    /**
     * The interval at which calls should start: 2,000 a second. As many calls are in flight as start in the
     * average time of a call at this rate, but 8 at least and 64 at most.
     */
    gapMs: 0.5,
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
  /** The subscription of an inbox, to which the conversation then pushes without delay. */
  subscription: {
    /** The lease, with or without an open socket. It is longer than the opening of a socket takes. */
    leaseMs: 15_000,
    /** The inbox's minimum interval between two renewals: reloading a list costs no calls. */
    renewMs: 10_000,
    /** A list's wait for the answers; a late conversation keeps its stored row. */
    callTimeoutMs: 300,
  },
  /** Typing events of one user in one conversation. */
  typing: {
    /** The interval in which typing events are coalesced: clients send one for each key. */
    intervalMs: 1_000,
    /** The age at which an undelivered event is dropped: the user may have stopped typing. */
    staleMs: 3_000,
  },
  /** Changes of stored messages. */
  changes: {
    /** The least time between two announcements: a message that changes often is four frames a second. */
    intervalMs: 250,
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
  /** The search index of a conversation. */
  indexing: {
    /** Indexing starts after so long without a message: indexing a message costs as much as storing it. */
    idleMs: 1_000,
    /** The pause between two turns of about 5 ms while messages arrive: indexing takes 4 % of the time. */
    busyPauseMs: 120,
    /** The same pause while 100,000 messages or more wait: indexing takes half of the time. */
    backlogPauseMs: 5,
  },
  /** Forwarded and merged messages. */
  copies: {
    /** The deadline for the conversations of the originals, which are read one after the other. */
    readTimeoutMs: 10_000,
  },

  // Inboxes

  /** The time for which an inbox assumes that a conversation which sent an update has further ones. */
  recent: {
    /** For lists, which query its snapshot: longer than `fanout.cooldownMs`. */
    listMs: 3_000,
    /** For the first device, which subscribes to it: longer than `deviceTracker.absentMs`. */
    subscribeMs: 6_000,
  },
  /** The list of conversations. */
  list: {
    /** While devices are connected, updates in quick succession are written at most twice a second. */
    writeBehindMs: 500,
    /** A list's wait for the snapshot of one conversation; a late conversation keeps its stored row. */
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

  // Both kinds of objects

  /** Alarm jobs. */
  jobs: {
    /** The first backoff of a failed job; each further one doubles. */
    firstRetryMs: 2_000,
    /** The longest backoff until a job has failed for some hours: most outages are over by then. */
    maxRetryMs: 600_000,
    /** From this try in a row on the backoff doubles again: 15 hours have passed. */
    patientTries: 100,
    /** The longest backoff of all: a job that always fails wakes its object once a day. */
    maxPatientRetryMs: 24 * 60 * 60_000,
    /** An alarm starts no further job after so long and sets the next alarm: requests need the object too. */
    budgetMs: 5_000,
    /**
     * The calls to other objects that the jobs of one alarm, or one request, make: half of what the platform
     * allows. The next alarm goes on.
     */
    maxCalls: 500,
  },
  /** Calls to objects that fail with an error which the platform marks as retryable. */
  rpcRetry: {
    /**
     * The backoff: random, at most 2 × it before the second try, 4 × before the third. Callers spread out.
     */
    backoffMs: 50,
  },
  /** The rate of frames that a socket may send. */
  frameRate: {
    /** The window in which frames are counted: the burst of a reconnecting client fits in. */
    windowMs: 10_000,
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

  // The Worker

  /** Sign-ins. */
  sessions: {
    /** The lifetime of a sign-in with a password: 30 days. */
    lifetimeMs: 30 * 24 * 60 * 60_000,
    /** The lifetime of a user_sig: long enough to open a socket, which outlives it. */
    sigLifetimeMs: 300_000,
    /** `lastSeenAt` is written at most once in this interval, as writes to D1 cost. */
    touchMs: 5 * 60_000,
  },
  /** Sessions that an isolate has verified. */
  sessionCache: {
    /** No query in this time; an ended session stops working over HTTP within a minute. */
    keepMs: 45_000,
  },
  /** Changes of a user's e-mail address. */
  emailChanges: {
    /** How many there may be in a day: who sets many could find out which addresses others sign in by. */
    max: 5,
    dayMs: 24 * 60 * 60_000,
  },
  /** Password checks. */
  passwords: {
    /** 10 wrong passwords within this window lock an account for one place, for this long after the tenth. */
    lockMs: 10 * 60_000,
    /**
     * After 10 wrong passwords within twice `lockMs` from places that have never signed in, the next ones
     * wait for so long. The wait doubles with each further 10: some 2,000 guesses a day, from all places
     * together.
     */
    gapMs: 15_000,
    /** The longest wait. */
    maxGapMs: 60_000,
    /** A place from which a user has not signed in for 90 days is forgotten. */
    placeLifetimeMs: 90 * 24 * 60 * 60_000,
    /** A check that is not settled by then has died with its isolate, and counts as wrong. */
    checkTimeoutMs: 60_000,
    /** The upper bound of the first wait for concurrent checks of the same username; it doubles each time. */
    backoffMs: 100,
  },
  /** scrypt's parameters for new hashes: about 0.1 s and 16 MiB. A stored hash names its own parameters. */
  passwordHash: {
    /** The cost, a power of two. */
    N: 2 ** 14,
    /** The block size. */
    r: 8,
    /** The parallelism. */
    p: 5,
  },
  /** The check of the Worker's health. */
  health: {
    /** How long a good answer of the database counts: probes of everybody cost one query a second. */
    keepMs: 1_000,
  },
  /** The turns of password hashes in an isolate, of which one is computed at a time. */
  hashing: {
    /** Before each of several hashes: other requests get a third of the isolate's time. */
    pauseMs: 50,
    /** Before a hash for which nobody waits: calls that came at the same time see that it is under way. */
    yieldMs: 1,
    /** The calls that wait at most: the last one waits for 5 s. Other isolates take further calls. */
    maxWaiting: 30,
    /** Of these, the calls of one address block: six clients at least share the turns. */
    maxOfClient: 5,
    /** The wait of a call on a slow machine. */
    waitMs: 10_000,
    /** The polling interval: a promise that another request would resolve could wait for ever. */
    pollMs: 20,
    /** A hash that has not ended after so long was cancelled: longer than any takes. */
    lostMs: 5_000,
    /**
     * A call that has not polled for so long was cancelled: some hashes long. It asks again if it was not.
     */
    lostWaitingMs: 1_000,
    /** `Retry-After` of a refused call: the calls that waited are done by then. */
    retryAfterS: 5,
  },
  /** The rate limits of wrangler.toml. */
  rateLimits: {
    /** Their `period`, and the `Retry-After` of a refused call. */
    periodS: 60,
  },
  /**
   * The time that a client has for the bytes of an upload. The least rate holds from `rateFromMs` on: 5.5 MiB
   * over a line of 60 KB/s pass, and 90 MiB over a line of 64 KiB/s.
   */
  uploads: {
    /** By then `firstBytes` must have come: a client that sends single bytes is refused. */
    firstMs: 30_000,
    /** As much as one packet of a slow mobile line each second brings. */
    firstBytes: 64 * 1024,
    /** A small picture has a minute, however slow the line is. */
    rateFromMs: 60_000,
    /** The least rate, averaged from `rateFromMs` on. What came before, or faster, counts. */
    bytesPerS: 64 * 1024,
    /**
     * The time of a whole upload, with its waits. The largest form (91 MiB) takes 25 minutes at the least
     * rate; its buffer and its parts may wait for the other five.
     */
    wholeMs: 30 * 60_000,
    /** The interval in which the rate is checked: one timer for each upload. */
    checkMs: 1_000,
  },
  /** The buffer memory for uploads of unknown length. */
  partBuffer: {
    /**
     * An idle upload loses its buffer to a waiting one after so long: cancelled requests end without an
     * event.
     */
    idleMs: 30_000,
    /** An upload's wait for a buffer, while uploads of other users have them all. */
    waitMs: 60_000,
    /** An upload's wait for earlier ones of the same user: an album of pictures comes over a slow line. */
    turnMs: 5 * 60_000,
    /** The polling interval: a promise that another request would resolve could wait for ever. */
    pollMs: 20,
    /** `Retry-After` of an upload without a buffer: some of the others have finished by then. */
    retryAfterS: 5,
  },
  /** Files that nothing shows any more. */
  files: {
    /**
     * The time between the mark and the deletion: a forward or a stored draft that was made before the mark
     * is sent and recorded within it. It is longer than the life of a draft; with the hourly job and the
     * cleanup of all keys (16 hours) a file is gone within two days.
     */
    graceMs: 30 * 60 * 60_000,
  },
  /** Objects in R2 without a row in D1. */
  orphanedFiles: {
    /** The minimum age at which the hourly job deletes them: an upload of that age was answered long ago. */
    orphanMs: 24 * 60 * 60_000,
  },
};

/** Values by mechanism. Code reads a value at each use, as tests change values while objects live. */
export type Timing = { readonly [Group in keyof typeof VALUES]: Readonly<(typeof VALUES)[Group]> };

/** The product's values. Only `src/index.ts` imports them; all other code is handed a `Timing`. */
export const TIMING: Timing = VALUES;

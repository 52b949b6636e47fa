/** The values of the Worker. See `../timing.ts`. */
export const WORKER_VALUES = {
  /** Lists whose items are read from many conversations: saved messages, mentions. */
  acrossConversations: {
    /** The deadline of a conversation; after it the list says that it did not answer. */
    callTimeoutMs: 2_000,
    /** After so long a page asks no further conversation: the next page goes on. */
    budgetMs: 5_000,
    /** The calls of a page of mentions for places of messages; the messages are read besides. */
    maxAsked: 150,
    /** Of these, at once. An answer has places, no messages. */
    parallel: 25,
    /** The conversations with further mentions that a cursor names, at some 20 characters each. */
    kept: 32,
    /** Conversations with unread mentions that a cursor names, some 50 characters each: at most 100. */
    keptUnread: 100,
    /** The messages with mentions that a conversation looks at for one answer. */
    maxScanned: 500,
  },
  /** Searches over all conversations of a user. */
  wideSearch: {
    /** The conversations that a page asks: as much as 40 light calls. 120 such pages a minute are allowed. */
    calls: 40,
    /** Of these, at once. A page with hits in the newest conversations asks no more than these. */
    parallel: 8,
    /** The conversations with further hits that a cursor names, at some 20 characters each. */
    kept: 32,
    /** The deadline of a conversation; after it the page goes without. */
    callTimeoutMs: 3_000,
    /** After this time a page asks no further conversation. */
    pageMs: 6_000,
  },
  /** Sign-ins. */
  sessions: {
    /** The lifetime of a sign-in with a password: 30 days. */
    lifetimeMs: 30 * 24 * 60 * 60_000,
    /** The lifetime of a user_sig: long enough to open a socket, which outlives it. */
    sigLifetimeMs: 300_000,
    /** The lifetime of an access token whose session has a refresh token: a stolen one is of little use. */
    accessMs: 60 * 60_000,
    /** A refresh token that comes again within this time after its use: the answer was lost. */
    refreshRepeatMs: 30_000,
    /** `lastSeenAt` is written at most once in this interval, as writes to D1 cost. */
    touchMs: 5 * 60_000,
  },
  /** Sessions that an isolate has verified. */
  sessionCache: {
    /** No query in this time; an ended session stops working over HTTP within a minute. */
    keepMs: 45_000,
  },
  /** Server keys that an isolate has looked up. */
  serverKeys: {
    /** No query in this time; a revoked key stops working everywhere within it. */
    keepMs: 8_000,
  },
  /** The key sets of issuers that an isolate has loaded. */
  keySets: {
    /** A key that an issuer withdraws works for so long at most, while the issuer answers. */
    keepMs: 10 * 60_000,
    /** A key that is not in the set loads it again, once in this time: anybody can name such a key. */
    renewMs: 30_000,
    /** After a failure, where no set is known: nobody can sign in until then. */
    retryMs: 5_000,
    /** The time of a load. A page waits for its sign-in meanwhile. */
    timeoutMs: 3_000,
    /** A request waits so much longer for the load that another one has begun. */
    graceMs: 500,
    /** How far the clock of an issuer may be ahead: 60 s, as is common for JWTs. */
    leewayMs: 60_000,
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
  /** Uploads in parts. */
  resumableUploads: {
    /** An upload ends so long after its start. R2 aborts one after seven days. */
    lifetimeMs: 24 * 60 * 60_000,
    /** A complete upload is remembered for so long: a repeated call gets its file. */
    keptMs: 24 * 60 * 60_000,
  },
  /** Files that nothing shows any more. */
  files: {
    /**
     * A conversation tells D1 of the files that its messages show so long after the first of them: a burst
     * costs one call. The same for what a revoke or an edit takes away.
     */
    recordMs: 1_000,
    /**
     * A file that its uploader has taken back is readable for so long: what showed it before the revoke is
     * recorded by then.
     */
    expiryMs: 20_000,
    /**
     * Then nobody reads it, and so much later it is deleted: a message that showed it while it was readable
     * is recorded by then, also a forward that was under way for as long as it may be.
     */
    deletionMs: 25_000,
    /**
     * For files that no object looks after, the time between the mark of the hourly job and the deletion. It
     * is longer than the life of a draft; with the cleanup of all keys (16 hours) a file is gone within two
     * days.
     */
    graceMs: 30 * 60 * 60_000,
  },
  /** Previews of links. */
  linkPreviews: {
    /** All of it, redirects and picture included: a page that needs longer has no preview. */
    fetchMs: 5_000,
    /** A link is fetched at most so often, for all conversations. */
    keepMs: 60 * 60_000,
    /** A fetch that has not ended after so long was cut short: another one begins. */
    leaseMs: 30_000,
    /** While another conversation fetches the link, this one looks again after so long. */
    retryMs: 1_000,
  },
  /** The backup that the hourly job writes into a bucket. */
  scheduledBackup: {
    /** A run begins so long after the one before: less than a day, as the hourly job may be late. */
    everyMs: 23.5 * 60 * 60_000,
    /** The time of one hourly part: the platform ends a job after 15 minutes. */
    budgetMs: 5 * 60_000,
    /** The pieces of one part, of 50 objects each: the platform allows an event 10,000 calls. */
    pieces: 20,
  },
  /** Smaller pictures, made at the first demand. */
  thumbnails: {
    /** A request waits for so long; then it gets the picture itself, and the making goes on. */
    waitMs: 5_000,
    /** Who has begun to make one and has not ended by then was cancelled: another one begins. */
    claimMs: 30_000,
    /** After a failure the picture itself is served for so long. */
    retryMs: 60 * 60_000,
    /** How many an isolate makes at once: a list of pictures that is seen for the first time. */
    atOnce: 12,
  },
  /** Objects in R2 without a row in D1. */
  orphanedFiles: {
    /** The minimum age at which the hourly job deletes them: an upload of that age was answered long ago. */
    orphanMs: 24 * 60 * 60_000,
  },
};

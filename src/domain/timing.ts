/**
 * Every cooldown, timeout, backoff, lease and lifetime of the server, and the thresholds that two objects share.
 * Units are in the names: `Ms`, `S`. Counts and sizes which clients are told are in `limits.ts`, what an operator
 * chooses in `settings.ts`. `test/unit/pure/timing.test.ts` states how values depend on each other.
 */
const VALUES = {
  /** The size on which conversations and inboxes agree. */
  largeGroup: {
    /** Larger groups keep typing and positions in the room, and tell members without devices once a minute. */
    aboveMembers: 64,
  },

  // Conversations

  /** Snapshots which a conversation pushes to the inboxes of its members. */
  fanout: {
    /** Coalesces pushes to a member without devices: two a second in a busy room instead of a hundred. */
    cooldownMs: 500,
    /** Coalesces pushes to a member with a device's socket: short enough that nobody notices. */
    deviceCooldownMs: 20,
    /** Coalesces pushes to a member of a large group without devices: their list is a minute old at most. */
    largeGroupCooldownMs: 60_000,
    /** An inbox that failed is left alone, so that a change in a busy room does not call it each time. */
    retryMs: 2_000,
    /** An inbox that has not answered has failed: longer than it waits for D1 itself. */
    callTimeoutMs: 5_000,
    /** The alarm's wait for the lanes, which have no end in a busy room: other jobs want the alarm too. */
    drainTimeoutMs: 2_000,
  },
  /** How fast the fan-out and the outbox call inboxes. */
  pace: {
    /** A group of a thousand is told within five seconds. */
    perSecond: 200,
    /** So many calls go at once: in most groups nobody waits. */
    burst: 50,
  },
  /** The row in storage that stands while work is under way: the alarm finishes what a crash has cut short. */
  retryMarker: {
    /** Longer than a call and its retry, so that the alarm repeats nothing that is still under way. */
    dueMs: 30_000,
  },
  /** Notices which a conversation delivers to inboxes. */
  outbox: {
    /** An inbox that has not answered is retried by the alarm. */
    callTimeoutMs: 5_000,
    /** An inbox that failed is left alone, whatever happens. */
    retryMs: 2_000,
    /** The alarm's wait for the lanes, as in `fanout`. */
    drainTimeoutMs: 2_000,
    /** An answer's wait for the notices of what was done: their receivers read of it at once, in most cases. */
    answerTimeoutMs: 1_000,
  },
  /** Whose devices listen, as far as a conversation knows. */
  deviceTracker: {
    /** A member who answered that no device listens is not told of typing: it would wake an inbox each second. */
    absentMs: 5_000,
  },
  /** The `hello` by which an inbox has a conversation push to it without delay. */
  subscription: {
    /** The conversation pushes at once for it, whether or not a socket is open: longer than one takes to open. */
    leaseMs: 15_000,
    /** The inbox's pause between two of them to one conversation: a list that is reloaded costs no calls. */
    renewMs: 10_000,
    /** A list's wait for the answers; a conversation that is late stays as it was known. */
    callTimeoutMs: 300,
  },
  /** Notices of typing by one user in one conversation. */
  typing: {
    /** Coalesces notices: clients send one with each key. */
    intervalMs: 1_000,
    /** A notice that has waited so long is dropped: the user may have stopped. */
    staleMs: 3_000,
  },
  /** Profiles which a conversation has copied from D1. */
  profileCache: {
    /** A new name is shown after a minute, for one query a minute of each conversation in use. */
    freshMs: 60_000,
    /** D1 is left alone after a failure. */
    cooldownMs: 10_000,
    /** An answer's wait for D1: a profile is not worth more. */
    timeoutMs: 300,
  },
  /** Members and profile, which a conversation writes to D1. */
  projection: {
    /** An answer's wait for D1; the alarm goes on where it is late. */
    timeoutMs: 5_000,
    /** The alarm's next try, once the first was given its time. */
    retryMs: 5_000,
  },
  /** What a conversation is like now, as its sockets are told after a change. */
  announcements: {
    /** A lookup in D1 that takes longer is given up; clients ask for the conversation when they show it. */
    lookupTimeoutMs: 5_000,
  },
  /** A block, or a friendship, announced to the direct conversation before the Worker changes it in D1. */
  blockChange: {
    /** An announcement without an end expires: D1 finishes or undoes a batch within 30 s. */
    expiryMs: 40_000,
    /** A send's wait for D1 meanwhile; then the send is refused and may be repeated. */
    lookupTimeoutMs: 5_000,
  },
  /** The search index of a conversation. */
  indexing: {
    /** Indexing begins once no message has come for it: a message costs as much to index as to store. */
    idleMs: 1_000,
    /** The longest pause between two batches while messages keep coming. */
    maxPauseMs: 100,
  },
  /** Messages that are forwarded or merged. */
  copies: {
    /** The conversations that hold the originals have to answer: they are asked one after the other. */
    readTimeoutMs: 10_000,
  },

  // Inboxes

  /** How long an inbox takes a conversation that pushed to it to have more to tell. */
  recent: {
    /** For lists, which ask it for its snapshot: longer than `fanout.cooldownMs`. */
    listMs: 1_000,
    /** For the first device, which subscribes to it: longer than `deviceTracker.absentMs`. */
    subscribeMs: 6_000,
  },
  /** The list of conversations. */
  list: {
    /** A list's wait for the snapshot of one conversation; one that is late stays as it was known. */
    snapshotTimeoutMs: 300,
  },
  /** The sockets of a user's devices. */
  deviceFeed: {
    /** A new socket gets no messages yet: a client that resumes says first where, or it would get some twice. */
    holdMs: 500,
    /** A conversation has to give a page, or answer a `hello`. */
    pageTimeoutMs: 5_000,
    /** A sync or a read, with its wait for what the socket asked before. */
    callTimeoutMs: 10_000,
    /** A send, with its wait for copies, and for D1 while a block is under way. */
    sendTimeoutMs: 30_000,
    /** A conversation has to take a notice of typing. */
    typingTimeoutMs: 5_000,
    /** `Retry-After` of one socket too many: one that has lost its connection may be gone by then. */
    fullRetryAfterS: 60,
  },
  /** What conversations are like, copied from D1 for the wire formats that tell it with each message. */
  contextCache: {
    /** One query a minute for each conversation in which something is said. */
    freshMs: 60_000,
    /** D1 is left alone after a failure: no message waits for it. */
    cooldownMs: 10_000,
    /** A message's wait for D1. */
    timeoutMs: 2_000,
  },
  /** Whether a user is online. */
  presence: {
    /** A user stays online after their last socket has closed: a reconnect is no absence. */
    graceMs: 5_000,
    /** The job's try, once the first was given its time. */
    retryMs: 2_000,
    /** A new socket's wait for D1: a contact who connects later finds the user online. A job goes on. */
    openTimeoutMs: 1_000,
    /** A contact's inbox that has not answered is passed over: hundreds may have to be told. */
    contactTimeoutMs: 2_000,
  },
  /** Which conversations have open sockets of which sessions, as inboxes know. */
  socketRegistry: {
    /** A conversation's wait for an inbox, before it opens a socket and after it has closed the last. */
    registerTimeoutMs: 5_000,
    /** An inbox's wait for a conversation that is to close sockets, or to say which are open. */
    callTimeoutMs: 5_000,
    /** An inbox asks which sockets are still open: those that a crash has closed say nothing. */
    checkMs: 15 * 60_000,
  },
  /** Sessions that end. */
  sessionEnd: {
    /** An inbox looks up in D1 what became of an announced end: D1 finishes or undoes a batch within 30 s. */
    lookupMs: 40_000,
    /** A job closes the sockets that the first try has left open. */
    retryMs: 2_000,
  },
  /** Accounts that are deleted. */
  accountEnd: {
    /** As `sessionEnd.lookupMs`. */
    lookupMs: 40_000,
    /** A job asks the conversations that the first try has not reached. */
    retryMs: 5_000,
    /** A conversation that has not answered is asked again. */
    callTimeoutMs: 5_000,
    /** The first try of all conversations, for which the user waits. */
    budgetMs: 3_000,
  },
  /** Rebuilding a user's list from their conversations. */
  listRepair: {
    /** The pause between two of them: each calls all conversations of the user. */
    cooldownMs: 60_000,
    /** All conversations have to be asked: a client waits for it. */
    budgetMs: 20_000,
    /** One conversation has to answer, its turn included. */
    callTimeoutMs: 5_000,
  },
  /** Messages that are made now and sent later. */
  drafts: {
    /** A draft is kept for a day. */
    lifetimeMs: 24 * 60 * 60_000,
  },

  // Both kinds of objects

  /** What an object does later, by its alarm. */
  jobs: {
    /** The first backoff of a job that failed; each is twice as long as the one before. */
    firstRetryMs: 2_000,
    /** The longest backoff. */
    maxRetryMs: 600_000,
    /** One alarm starts no job after it and sets the next alarm: requests want the object too. */
    budgetMs: 5_000,
  },
  /** Calls to objects that the platform says to repeat. */
  rpcRetry: {
    /** The backoff, at random between nothing and twice it, then four times: callers come back one by one. */
    backoffMs: 50,
  },
  /** The frames which a socket may send. */
  frameRate: {
    /** The window in which frames are counted: what a client sends at once when it comes back fits in. */
    windowMs: 10_000,
  },

  // The Worker

  /** Sign-ins. */
  sessions: {
    /** A sign-in with a password: 30 days. */
    lifetimeMs: 30 * 24 * 60 * 60_000,
    /** A user_sig: long enough to open a socket, which outlives it. */
    sigLifetimeMs: 300_000,
    /** When a session was last seen is written at most once in it: writes to D1 cost. */
    touchMs: 5 * 60_000,
  },
  /** Sessions which an isolate has seen to be valid. */
  sessionCache: {
    /** No query meanwhile; an ended session stops working over HTTP within a minute. */
    keepMs: 45_000,
  },
  /** Checks of passwords. */
  passwords: {
    /** Ten wrong passwords within it lock a name, for as long after the tenth. */
    lockMs: 10 * 60_000,
    /** A check that was not settled by then died with its isolate, and counts as wrong. */
    checkTimeoutMs: 60_000,
    /** The longest first wait for checks of the same name that are under way; each is twice as long. */
    backoffMs: 100,
  },
  /** scrypt's parameters for new hashes: about a tenth of a second and 16 MiB. A stored hash names its own. */
  passwordHash: {
    /** The cost, a power of two. */
    N: 2 ** 14,
    /** The block size. */
    r: 8,
    /** The parallelism. */
    p: 5,
  },
  /** The rate limits of wrangler.toml. */
  rateLimits: {
    /** Their `period`, and the `Retry-After` of what is over. */
    periodS: 60,
  },
  /** The memory of uploads whose length is not known. */
  partBuffer: {
    /** An upload that stands still loses its place to one that waits: cancelled requests end in silence. */
    idleMs: 30_000,
    /** An upload's wait for a place. */
    waitMs: 60_000,
    /** How often it looks for one: a promise which another request resolves could wait for ever. */
    pollMs: 20,
    /** `Retry-After` of an upload without a place: some of the others are through by then. */
    retryAfterS: 5,
  },
  /** Bytes in R2 that no row names. */
  fileSweep: {
    /** The hourly sweep deletes older ones: an upload has long been answered. */
    orphanMs: 24 * 60 * 60_000,
  },
};

/** Values by mechanism. Code reads a value when it uses it: tests change values while objects live. */
export type Timing = { readonly [Group in keyof typeof VALUES]: Readonly<(typeof VALUES)[Group]> };

/** The product's values. `src/index.ts` alone imports them; all other code is handed a `Timing`. */
export const TIMING: Timing = VALUES;

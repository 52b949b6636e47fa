/** The values that conversation objects and inbox objects share. See `../timing.ts`. */
export const OBJECT_VALUES = {
  /** The group size on which conversations and inboxes agree. */
  largeGroup: {
    /**
     * Larger groups send ephemeral events to room sockets only, and update members without devices by the
     * alarm.
     */
    aboveMembers: 64,
  },
  /** Alarm jobs. */
  jobs: {
    /** The first backoff of a failed job; each further one doubles. */
    firstRetryMs: 2_000,
    /** The longest backoff until a job has failed for some hours: most outages are over by then. */
    maxRetryMs: 600_000,
    /** From this try in a row on the backoff doubles again: 15 hours have passed. */
    patientTries: 100,
    /**
     * The longest backoff of a prompt job, as long as the others have `maxRetryMs`: after an outage of D1 all
     * of them have run before a file is deleted (`files.deletionMs`).
     */
    promptRetryMs: 10_000,
    /** The longest backoff of all: a job that always fails wakes its object once a day. */
    maxPatientRetryMs: 24 * 60 * 60_000,
    /** An alarm starts no further job after so long and sets the next alarm: requests need the object too. */
    budgetMs: 5_000,
    /**
     * The calls to other objects that the jobs of one alarm, or one request, make: half of what the platform
     * allows. The next alarm goes on.
     */
    maxCalls: 500,
    /** The jobs that run beside others at once: each waits for one object. */
    maxBeside: 20,
    /** While such jobs run, an alarm is set so far ahead: after a crash it starts them again. */
    besideMs: 60_000,
    /** A job that begins so long after its time is late: the platform fires alarms within seconds. */
    lateMs: 60_000,
  },
  /** The calls of hooks. */
  hooks: {
    /** The unit of the pauses after failures (`pauseAfter`). */
    retryUnitMs: 1_000,
    /** The longest of them. */
    maxPauseMs: 24 * 60 * 60_000,
    /** A hook without a success for so long is disabled: three days. */
    disableAfterMs: 3 * 24 * 60 * 60_000,
    /**
     * A hook that is asked before a message is stored is known for so long: one read of D1 for many
     * messages.
     */
    keepMs: 5_000,
    /** The time of an answer. */
    answerMs: 15_000,
    /** That a hook works is noted so often: a row of D1 in an hour for each conversation in use. */
    noteHealthMs: 60 * 60_000,
    /** The secret before a rotation signs for a day. */
    formerSecretMs: 24 * 60 * 60_000,
    /** What became of users is kept for a week: longer than a hook may fail. */
    keepUserEventsMs: 7 * 24 * 60 * 60_000,
    /** After a crash in a round through the conversations the alarm goes on. */
    coverRetryMs: 10_000,
  },
  /** Calls to objects that fail with an error which the platform marks as retryable. */
  rpcRetry: {
    /**
     * The backoff: random, at most 2 × it before the second try, 4 × before the third. Callers spread out.
     */
    backoffMs: 50,
  },
  /** Channels for the calls from one object to another that it calls often. */
  callChannels: {
    /** A second call within this time opens a channel. So long without a call closes it. 0: there are none */
    idleMs: 500,
    /** A channel of this age is replaced: the platform limits the CPU time between two requests. */
    maxAgeMs: 20_000,
  },
  /** Updates that a conversation answers to an inbox, and assumes to be taken. */
  assumedUpdates: {
    /**
     * After so long without a newer one the conversation has the update confirmed. A device that sends again
     * within this time gets answers, so that a message here and there costs no further call. It is shorter
     * than the pause before a checkpoint, which waits for it.
     */
    confirmMs: 400,
  },
  /** Sockets that are behind, as their clients read more slowly than they are sent. */
  slowReader: {
    /** How often the object looks whether such a client has sent a `ping`, which does not wake it. */
    checkMs: 500,
    /** A client that has sent nothing for so long is gone: a correct one sends a `ping` every 25 s. */
    patienceMs: 60_000,
  },
  /** The events of an object, where Analytics Engine counts them. */
  metrics: {
    /** Events of one kind are one point after so long, for which a timer keeps the object awake. */
    joinMs: 100,
    /** The same while events go on: an alarm of 15 minutes, the longest, makes some 190 points of a kind. */
    maxJoinMs: 5_000,
  },
  /** The storage of an object, of which the platform gives each 10 GB. Tests have smaller ones. */
  storage: {
    /** Bytes from which on nothing is added: 500 MB are left to what makes room, and to notes. */
    fullBytes: 9_500_000_000,
    /** Bytes from which on an object is large, and D1 has its size. */
    largeBytes: 100_000_000,
    /** Bytes from which on the log warns, of D1 too: the platform gives it as many. */
    nearlyFullBytes: 8_000_000_000,
    /** The size is read so often at most: within a second no object grows by what is left. */
    lookMs: 1_000,
    /** A large object reports its size so often. */
    reportMs: 24 * 60 * 60_000,
  },
  /** What one user may ask of one object, over all their sockets and calls, in light calls. */
  userBudgets: {
    /** At once: an outbox of some hundred messages, and the syncs of some thousand conversations, fit in. */
    burst: 3_000,
    /** After that: as many as the user may make over HTTP. */
    perSecond: 100,
  },
};

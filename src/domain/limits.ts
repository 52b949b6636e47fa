/** Bytes of a message's body as JSON. */
const BODY_BYTES = 32 * 1024;
/** A character of JSON, however short, may be written as an escape of six bytes: `\u0041`. */
const ESCAPE_BYTES = 6;

/** The limits of every surface. An input over a limit is refused with a clear error and never truncated. */
export const LIMITS = {
  /** code points of a text message */
  textLength: 8_000,
  /** code points of the caption of an image, a recording, a video or a file */
  caption: 2_000,
  /** code points of the transcript of a recording */
  transcript: 8_000,
  /** links that the messages of one user have fetched in a minute */
  linkPreviewsPerMinute: 20,
  /** values of a waveform */
  waveform: 100,
  /** bytes of a body as JSON */
  bodyBytes: BODY_BYTES,
  /**
   * bytes of a call's body, and of a frame, as the client writes it: the largest body of a message with each
   * character escaped, and 64 KiB for what is beside it. The largest group needs less
   */
  writtenBytes: ESCAPE_BYTES * BODY_BYTES + 64 * 1024,
  /** messages in a merged message, without nested ones */
  mergedItems: 50,
  /** messages in a merged message, with nested ones */
  mergedSnapshots: 1_000,
  /** bytes of a merged message's body as JSON, with profiles, at the time of the send */
  mergedBytes: 256 * 1024,
  /** bytes of the records of one import */
  importBytes: 8 * 1024 * 1024,
  /** nesting depth of merged messages, the outermost included */
  mergedDepth: 8,
  /** bytes of the bodies in one page: 100 messages of `bodyBytes` */
  pageBytes: 100 * BODY_BYTES,
  /**
   * bytes of the bodies that an inbox update carries: many updates are in flight at once, and an inbox
   * fetches what one lacks
   */
  livePageBytes: 128 * 1024,
  /**
   * bytes of the messages in acks that go out together; the message that reaches the limit is the last one.
   * The acks after it have none
   */
  echoedBytes: 256 * 1024,
  /** code points of a conversation's name, or a merged message's title */
  name: 100,
  /** code points of a group's introduction, and of its announcement */
  description: 2_000,
  /** custom fields of a group or a member; code points of a field's name, and of its value */
  customFields: 20,
  customKey: 64,
  customValue: 512,
  /** code points of the text of a join request, of its answer, and of the reason of a removal */
  joinRequest: 500,
  /** bytes of the `details` of a profile as JSON */
  detailsBytes: 8 * 1024,
  /** seconds of a session that a team's backend opens: at least a minute, at most 30 days */
  tokenMinS: 60,
  tokenMaxS: 30 * 86_400,
  /** code points of the name of such a session, and of the reason of a suspension */
  sessionName: 255,
  suspensionReason: 500,
  /** users whom a backend names in a call about the members of a group */
  serverMembers: 500,
  /** channels of a space in one call of a backend: each is a batch of D1, of which one call makes 1,000 */
  namedChannels: 100,
  /** code points of the `event` of a notice of a backend */
  noticeEvent: 64,
  /** bytes of the metadata of a team's backend as JSON */
  metadataBytes: 4 * 1024,
  /** scheduled messages of a user that were refused */
  scheduled: 100,
  /** stored notifications of a user */
  notifications: 1_000,
  /** saved messages of a user; code points of the note of one; how far ahead a reminder may be, in ms */
  saved: 1_000,
  savedNote: 500,
  reminderAheadMs: 366 * 86_400_000,
  /** seconds of a mute: 10 years */
  muteSeconds: 315_360_000,
  /** characters of a client message id */
  clientMsgId: 64,
  /** composer drafts of a user: one in each conversation */
  composerDrafts: 1_000,
  /** characters of a client group id */
  clientGroupId: 64,
  /** users whom a user names by number in a day without sharing anything with them */
  strangersADay: 1_000,
  /** messages of a user that wait for a moderator, and as many that were stored and wait to be looked at */
  heldMessages: 100,
  /** users with a role whose devices are told of a new report or held message */
  staffTold: 50,
  /** open reports, and messages that wait for a moderator, as far as they are counted */
  countedForStaff: 100,
  /** characters of a note to a report, and of a reason that staff gives */
  reportNote: 1_000,
  /** open requests for friendship to a user, as far as they are counted */
  countedRequests: 1_000,
  /** items of one page */
  page: 100,
  /** conversations in an answer with a whole list, 10 MB with short last messages; a multiple of `page` */
  wholeList: 10_000,
  /** characters of a file's URL: fits a name of 255 characters that are all percent-encoded */
  url: 4_096,
  /** connected members up to which a group is not crowded, unless `LIVE_MEMBERS` says otherwise */
  liveMembers: 200,
  /** changed messages of a conversation that a client is replayed, unless `MAX_CHANGES` says otherwise */
  changes: 5_000,
  /** members of a group, unless the setting `MAX_GROUP_MEMBERS` says otherwise */
  groupMembers: 1_000,
  /** the largest `MAX_GROUP_MEMBERS` */
  mostGroupMembers: 200_000,
  /** users whom a call removes from a group */
  removedMembers: 1_000,
  /** messages a second of an audience room that all are sent, unless `AUDIENCE_RATE` says otherwise */
  audienceRate: 20,
  /** members of a group that is no crowd, unless `CROWD_MEMBERS` says otherwise */
  crowdMembers: 1_000,
  /** code points of a poll's question, and of an option; the number of options; ms until its end */
  pollQuestion: 300,
  pollOption: 100,
  pollOptionsMin: 2,
  pollOptions: 20,
  pollMs: 365 * 86_400_000,
  /** code points of a button's text, bytes of its data; buttons of a row, rows, buttons of a message */
  buttonText: 64,
  buttonDataBytes: 64,
  buttonsInRow: 8,
  buttonRows: 20,
  buttons: 100,
  /** bytes of the buttons of a message as JSON */
  buttonsBytes: 16 * 1024,
  /** bots of a user; commands of a bot; code points of their descriptions and arguments; bots asked */
  botsOfUser: 5,
  commands: 100,
  commandDescription: 256,
  commandArguments: 64,
  commandBots: 50,
  /** taps that a bot can answer, the newest; those of one user that wait; code points of an answer */
  taps: 1_000,
  tapsOfUser: 50,
  tapAnswer: 200,
  /** pinned messages of a conversation */
  pins: 100,
  /** messages after the notice of a pin, and ms, within which a further pin of the message makes none */
  pinNotice: 200,
  pinNoticeMs: 3_600_000,
  /** banned users of a group */
  bans: 10_000,
  /** open invitations of a group; users whom one lets in, unless any number */
  invitations: 100,
  /** members, channels, categories and roles of a space; channels that newcomers follow; overrides of one */
  spaceMembers: 100_000,
  /** members of a space that its channels read whole; of a larger one they read whom they concern */
  wholeSpace: 100,
  /** members of a space whom a gateway compares, and a KOOK list has: of a larger space it tells no joins */
  viewedMembers: 10_000,
  channels: 500,
  /** spaces that a user puts into an order by one call */
  orderedSpaces: 500,
  categories: 50,
  defaultChannels: 5,
  roles: 100,
  overrides: 100,
  /** roles, and members, who are named as a private channel is made */
  namedInChannel: 40,
  invitationUses: 1_000,
  /** roles, and channels, that an invitation to a space gives */
  invitationGifts: 10,
  /** incoming hooks of a group; messages of one at once, then in a second; bytes of what is posted to one */
  incomingHooks: 10,
  hookBurst: 300,
  hookPostsPerSecond: 5,
  hookPostBytes: 1024 * 1024,
  /** characters of the id by which a post to a hook can be repeated */
  idempotencyKey: 255,
  /** seconds of an invitation: at least a minute, at most 30 days, 7 days if nobody says otherwise */
  invitationMinS: 60,
  invitationMaxS: 30 * 86_400,
  invitationDefaultS: 7 * 86_400,
  /** newest messages among which one can be marked unread: the own ones from it on are counted */
  markedUnread: 20_000,
  /** attributes of a group; bytes of a key, of a value, and of all keys and values */
  groupAttributes: 16,
  attributeKeyBytes: 32,
  attributeBytes: 4 * 1024,
  attributesBytes: 16 * 1024,
  /** counters of a group; bytes of a key */
  groupCounters: 20,
  counterKeyBytes: 128,
  /** groups into which a user sorts friends, and conversations; code points of a name of either */
  friendGroups: 100,
  conversationGroups: 20,
  /** bytes of a message that nothing stores, with its custom data */
  onlineMessageBytes: 4_096,
  groupLabel: 64,
  /** code points of what a user calls a friend */
  remark: 96,
  /** keys of reactions to a message; joining one of them is not limited */
  reactionKeys: 20,
  /** of these, those that one user is the first to use: one alone must not leave none to the others */
  reactionKeysOfFirst: 10,
  /** reactions of one user to a message */
  reactionsOfUser: 20,
  /** users mentioned by one message */
  mentions: 100,
  /** roles mentioned by one message */
  mentionedRoles: 10,
  /** users whom these roles reach at most, and whom a mention of who is online does */
  reachedByRoles: 200,
  /** members of a group up to which every member may mention all of them */
  openMentionAll: 200,
  /** threads that a member may follow in one conversation */
  followedThreads: 500,
  /** listed mentions of a user in a conversation: the newest unread messages that mention them */
  mentionsListed: 20,
  /** bytes of a file */
  fileBytes: 20 * 1024 * 1024,
  /** bytes of a video, or of a `file` message, that is uploaded with its message */
  largeFileBytes: 90 * 1024 * 1024,
  /** bytes of a file that is uploaded in parts, unless `MAX_UPLOAD_MIB` says less */
  uploadBytes: 1024 * 1024 * 1024,
  /** bytes of a part of an upload, except the last one: the least that R2 takes */
  partBytes: 5 * 1024 * 1024,
  /** how often one part may be sent: 205 parts use 8,200 of the 10,000 part numbers of R2 */
  partAttempts: 40,
  /** resumable uploads of a user that are open; characters of the client upload id */
  openUploads: 10,
  clientUploadId: 64,
  /** code points of a file's name */
  fileName: 255,
  /** code points of a search query, and of one for members of a group */
  query: 100,
  memberQuery: 64,
  /** seconds of the longest pause between two messages of a member: six hours */
  slowModeS: 21_600,
  /** days that messages may be kept before they expire: a hundred years */
  retentionDays: 36_500,
  /** former versions of an edited message that are kept: the newest */
  formerVersions: 20,
  /** the version of an imported message, which rises with each edit */
  versions: 1_000_000_000,
  /** code points of a quoted message that the quote shows */
  quotePreview: 100,
  /** push devices of a user */
  pushDevices: 10,
  /** conversations for which a user has chosen a push level */
  pushLevels: 1_000,
  /** updates that a bot has not taken: the newest */
  botUpdates: 10_000,
  /** sockets of a bot at the gateway, and sessions */
  gatewaySessions: 50,
} as const;

/**
 * The kinds that release 0.3.0 stored for the outfeeds. They are run, so that an upgrade, or a rollback and a
 * second upgrade, loses no job. None is scheduled any more.
 */
export type FormerJobKind = "push" | "bot_feed" | "gateway_feed" | "bot_tap" | "gateway_tap";

/**
 * The alarm jobs of an inbox. Kinds are stored in `jobs`: a renamed kind orphans the rows of the previous
 * release.
 */
export type InboxJobKind =
  /** closes the room sockets of an ended session; key: the session */
  | "kick"
  /** forgets ended sessions whose tokens have expired */
  | "expired_sessions"
  /** checks which registered room sockets are still open */
  | "sockets"
  /** closes device sockets whose tokens have expired */
  | "expiry"
  /** publishes that the user is online */
  | "online"
  /** publishes that the user is offline, after the grace period */
  | "offline"
  /** announces the presence to further contacts; key: the presence, the last contact, and how many had it */
  | "announcement"
  /** looks up in D1 which sessions have ended; key: the token of the prepared end */
  | "session_lookup"
  /** looks up in D1 whether the account was deleted; key: the token of the prepared deletion */
  | "deletion_lookup"
  /** has a conversation remove the deleted user; key: the conversation */
  | "leave"
  | "erase"
  /** revokes what the user has sent since a time; key: the time, and the conversation it has come to */
  | "revocation"
  /** releases the files of a deleted account; key: the file up to which it has come */
  | "own_files"
  /** deletes released files that nothing shows; key: the files */
  | "released_files"
  /** informs a contact of the deletion of the account; key: the contact, and whether they were a friend */
  | "account_deleted"
  /** asks a conversation for a snapshot, as a crash may have lost its newest update; key: the conversation */
  | "lost_updates"
  /** asks the user's crowds what is new, while a device is connected */
  | "crowds"
  /** goes on with a list repair; key: the conversation up to which it has come */
  | "repair"
  /** announces a new profile to further conversations; key: the last conversation that has it, or 0 */
  | "profile"
  /** forgets expired stored drafts */
  | "drafts"
  /** sends scheduled messages that are due; key: their conversation */
  | "scheduled"
  /** has D1 hold the files of a scheduled message, or no longer; key: its id */
  | "scheduled_files"
  /** forgets scheduled messages that failed long ago */
  | "scheduled_expiry"
  /** sends the reminders of saved messages whose time has come */
  | "reminders"
  /** reads a conversation or spaces for phones and bots; key: the conversation, `space <id>` or `spaces` */
  | "outfeed"
  /** reads a tap on a button of the bot, and its message; key: the tap as JSON */
  | "tap"
  /** ends sessions of the gateway that have had no socket for long */
  | "gateway_expiry"
  /** sends updates to the webhook of the bot */
  | "bot_webhook"
  /** reports the size of a large inbox */
  | "size";

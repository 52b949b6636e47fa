/**
 * Sorts the index of client message ids by id, then by sender: ids that begin with the time share the last
 * page. The former index is sorted by sender first: each sender of a commit changes a page of their own. An
 * insert finds a repeat with either order.
 */
export const CLIENT_ID_INDEX = `
  DROP INDEX messages_client;
  CREATE UNIQUE INDEX messages_client ON messages (client_msg_id, sender_id) WHERE client_msg_id IS NOT NULL;`;

/** A longer log keeps the former index: its object would wake late, and the new index is built in memory. */
export const HAS_LONG_LOG = "SELECT coalesce(max(seq), 0) > 100000 AS holds FROM messages";

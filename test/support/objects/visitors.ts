/**
 * Adds users who came to a group and left it long ago, one after the other: their inboxes and D1 know it.
 * Writes the rows as the conversation leaves them.
 * @param first the user id of the first one
 */
export function addVisitors(sql: SqlStorage, first: number, count: number): void {
  const visitors = `WITH RECURSIVE visitor(id) AS
    (SELECT ${first} UNION ALL SELECT id + 1 FROM visitor WHERE id < ${first + count - 1})`;
  sql.exec(
    `INSERT INTO members (user_id, role, state, joined_at, visible_from, read_seq, read_n, read_at, touched,
       visible_until, left_ver, version, projected, came_after, devices)
     ${visitors} SELECT id, 'member', 'left', 1, 0, 1, 0, 0, 2, 2 + id - ${first}, 9 + id - ${first}, 2, 2, id - ${first}, 0
     FROM visitor`,
  );
  sql.exec(
    `INSERT INTO people (user_id, username, nickname, avatar, checked_at)
     ${visitors} SELECT id, 'visitor ' || id, '', '', 0 FROM visitor`,
  );
}

/** Adds active members to a group of an isolated object, before its room is made. */
export function addMembers(sql: SqlStorage, ids: number[]): void {
  for (const id of ids) {
    sql.exec(
      `INSERT INTO members (user_id, role, state, joined_at, visible_from, read_seq, read_n, read_at, touched,
         came_after) VALUES (?, 'member', 'active', 2, 0, 0, 0, 0, 0, 0)`,
      id,
    );
    sql.exec("INSERT INTO people VALUES (?, ?, '', '', 0)", id, `member ${id}`);
  }
}

import { JOBS_TABLE } from "../object/jobs/alarm-jobs.ts";
import type { Migration } from "../object/migrations.ts";
import { USER_POSITION_TABLE } from "./user-feed.ts";

/** One row: the round through the conversations that is under way. See `Coverage`. */
const COVERAGE_TABLE = `
  CREATE TABLE coverage (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    after INTEGER NOT NULL,
    since INTEGER NOT NULL,
    is_replay INTEGER NOT NULL
  ) STRICT;
`;

/** The schema of a hook, as steps. Append-only: a released step never changes. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, minCode: 1, sql: [COVERAGE_TABLE, USER_POSITION_TABLE, JOBS_TABLE].join("\n") },
];

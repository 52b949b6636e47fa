import type { ServerScope } from "../../../src/domain/server/server-key.ts";
import type { Wanted } from "./authorization-matrix.ts";

/** A call of a backend: the scope that it needs, and its answer to a key that has it. */
export interface ServerCall {
  /** the registered method and path pattern */
  route: string;
  scope: ServerScope;
  /** the parts of the path */
  path?: Record<string, string>;
  body?: unknown;
  expected: Wanted;
}

const call = (
  route: string,
  scope: ServerScope,
  expected: Wanted,
  path: Record<string, string> = {},
  body?: unknown,
): ServerCall => ({ route, scope, path, expected, ...(body !== undefined && { body }) });

const OK: Wanted = [200];
const GONE: Wanted = [404, "not_found"];
const WRONG: Wanted = [400, "validation_failed"];
const CONFLICT: Wanted = [409, "conflict"];
const NOBODY = { ref: "999999999" };
const NO_HOOK = { id: "hk_0000000000000000" };
const NOWHERE = { cref: "999999999" };
const NO_SPACE = { sref: "999999999" };

/**
 * Every route under /v1/server. `server-keys.test.ts` asks each with every scope, and without a key that
 * works.
 */
export const SERVER_CALLS: ServerCall[] = [
  call("GET /v1/server/keys", "keys", OK),
  call("POST /v1/server/keys", "keys", WRONG, {}, {}),
  call("DELETE /v1/server/keys/:id", "keys", GONE, { id: "0" }),
  call("GET /v1/server/export", "data", OK),
  call("GET /v1/server/conversations/:cref/export", "data", GONE, NOWHERE),
  call("GET /v1/server/users/:ref/export", "data", GONE, NOBODY),
  call("POST /v1/server/imports", "data", OK, {}, {}),
  call("PUT /v1/server/imports/files/:sha256", "data", GONE, { sha256: "0".repeat(64) }, "bytes"),
  call("POST /v1/server/backup/read", "backup", WRONG, {}, {}),
  call("GET /v1/server/backup/files/:key", "backup", GONE, { key: "0".repeat(32) }),
  call("POST /v1/server/backup/write", "backup", CONFLICT, {}, { what: "end" }),
  call("PUT /v1/server/backup/files/:key", "backup", CONFLICT, { key: "0".repeat(32) }, {}),
  call("GET /v1/server/metrics", "metrics", OK),
  call("GET /v1/server/hooks", "hooks", OK),
  call("POST /v1/server/hooks", "hooks", WRONG, {}, {}),
  call("GET /v1/server/hooks/:id", "hooks", GONE, NO_HOOK),
  call("PATCH /v1/server/hooks/:id", "hooks", GONE, NO_HOOK, {}),
  call("DELETE /v1/server/hooks/:id", "hooks", GONE, NO_HOOK),
  call("POST /v1/server/hooks/:id/test", "hooks", GONE, NO_HOOK),
  call("POST /v1/server/hooks/:id/rotate", "hooks", GONE, NO_HOOK),
  call("GET /v1/server/hooks/:id/deliveries", "hooks", WRONG, NO_HOOK),
  call("POST /v1/server/hooks/:id/replay", "hooks", GONE, NO_HOOK, { since: 0 }),
  call("GET /v1/server/users", "users", OK),
  call("POST /v1/server/users", "users", WRONG, {}, {}),
  call("GET /v1/server/users/:ref", "users", GONE, NOBODY),
  call("PUT /v1/server/users/:ref", "users", GONE, NOBODY, {}),
  call("DELETE /v1/server/users/:ref", "users", GONE, NOBODY),
  call("POST /v1/server/users/:ref/tokens", "tokens", GONE, NOBODY),
  call("DELETE /v1/server/users/:ref/sessions", "tokens", GONE, NOBODY),
  call("PUT /v1/server/users/:ref/suspension", "users", GONE, NOBODY),
  call("DELETE /v1/server/users/:ref/suspension", "users", GONE, NOBODY),
  call("GET /v1/server/conversations", "conversations", OK),
  call("GET /v1/server/conversations/:cref", "conversations", GONE, NOWHERE),
  call("PUT /v1/server/conversations/:cref", "conversations", GONE, NOWHERE, { kind: "group" }),
  call("PATCH /v1/server/conversations/:cref/members", "conversations", GONE, NOWHERE, {}),
  call("PUT /v1/server/spaces/:sref", "conversations", GONE, NO_SPACE, {}),
  call("GET /v1/server/spaces/:sref", "conversations", GONE, NO_SPACE),
  call("DELETE /v1/server/spaces/:sref", "conversations", GONE, NO_SPACE),
  call("GET /v1/server/spaces/:sref/members", "conversations", GONE, NO_SPACE),
  call("PATCH /v1/server/spaces/:sref/members", "conversations", GONE, NO_SPACE, {}),
  call("GET /v1/server/conversations/:cref/messages", "conversations", GONE, NOWHERE),
  call("POST /v1/server/conversations/:cref/messages", "messages", GONE, NOWHERE, {
    as: null,
    kind: "system",
    body: { text: "x" },
  }),
];

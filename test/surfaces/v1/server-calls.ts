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

const NOBODY = { ref: "999999999" };
const NO_HOOK = { id: "hk_0000000000000000" };
const NOWHERE = { cref: "999999999" };

/**
 * Every route under /v1/server. `server-keys.test.ts` asks each with every scope, and without a key that
 * works.
 */
export const SERVER_CALLS: ServerCall[] = [
  { route: "GET /v1/server/keys", scope: "keys", expected: [200] },
  { route: "POST /v1/server/keys", scope: "keys", body: {}, expected: [400, "validation_failed"] },
  { route: "DELETE /v1/server/keys/:id", scope: "keys", path: { id: "0" }, expected: [404, "not_found"] },
  { route: "GET /v1/server/export", scope: "data", expected: [200] },
  {
    route: "GET /v1/server/conversations/:cref/export",
    ...{ scope: "data", path: NOWHERE, expected: [404, "not_found"] },
  },
  { route: "GET /v1/server/users/:ref/export", scope: "data", path: NOBODY, expected: [404, "not_found"] },
  { route: "POST /v1/server/imports", scope: "data", body: {}, expected: [200] },
  {
    route: "PUT /v1/server/imports/files/:sha256",
    ...{ scope: "data", path: { sha256: "0".repeat(64) }, body: "bytes", expected: [404, "not_found"] },
  },
  { route: "POST /v1/server/backup/read", scope: "backup", body: {}, expected: [400, "validation_failed"] },
  {
    route: "GET /v1/server/backup/files/:key",
    ...{ scope: "backup", path: { key: "0".repeat(32) }, expected: [404, "not_found"] },
  },
  {
    route: "POST /v1/server/backup/write",
    ...{ scope: "backup", body: { what: "end" }, expected: [409, "conflict"] },
  },
  {
    route: "PUT /v1/server/backup/files/:key",
    ...{ scope: "backup", path: { key: "0".repeat(32) }, body: {}, expected: [409, "conflict"] },
  },
  { route: "GET /v1/server/metrics", scope: "metrics", expected: [200] },
  { route: "GET /v1/server/hooks", scope: "hooks", expected: [200] },
  { route: "POST /v1/server/hooks", scope: "hooks", body: {}, expected: [400, "validation_failed"] },
  { route: "GET /v1/server/hooks/:id", scope: "hooks", path: NO_HOOK, expected: [404, "not_found"] },
  {
    route: "PATCH /v1/server/hooks/:id",
    ...{ scope: "hooks", path: NO_HOOK, body: {}, expected: [404, "not_found"] },
  },
  { route: "DELETE /v1/server/hooks/:id", scope: "hooks", path: NO_HOOK, expected: [404, "not_found"] },
  { route: "POST /v1/server/hooks/:id/test", scope: "hooks", path: NO_HOOK, expected: [404, "not_found"] },
  { route: "POST /v1/server/hooks/:id/rotate", scope: "hooks", path: NO_HOOK, expected: [404, "not_found"] },
  {
    route: "GET /v1/server/hooks/:id/deliveries",
    ...{ scope: "hooks", path: NO_HOOK, expected: [400, "validation_failed"] },
  },
  {
    route: "POST /v1/server/hooks/:id/replay",
    ...{ scope: "hooks", path: NO_HOOK, body: { since: 0 }, expected: [404, "not_found"] },
  },
  { route: "GET /v1/server/users", scope: "users", expected: [200] },
  { route: "POST /v1/server/users", scope: "users", body: {}, expected: [400, "validation_failed"] },
  { route: "GET /v1/server/users/:ref", scope: "users", path: NOBODY, expected: [404, "not_found"] },
  {
    route: "PUT /v1/server/users/:ref",
    scope: "users",
    path: NOBODY,
    body: {},
    expected: [404, "not_found"],
  },
  { route: "DELETE /v1/server/users/:ref", scope: "users", path: NOBODY, expected: [404, "not_found"] },
  { route: "POST /v1/server/users/:ref/tokens", scope: "tokens", path: NOBODY, expected: [404, "not_found"] },
  {
    route: "DELETE /v1/server/users/:ref/sessions",
    scope: "tokens",
    path: NOBODY,
    expected: [404, "not_found"],
  },
  {
    route: "PUT /v1/server/users/:ref/suspension",
    scope: "users",
    path: NOBODY,
    expected: [404, "not_found"],
  },
  {
    route: "DELETE /v1/server/users/:ref/suspension",
    scope: "users",
    path: NOBODY,
    expected: [404, "not_found"],
  },
  { route: "GET /v1/server/conversations", scope: "conversations", expected: [200] },
  {
    route: "GET /v1/server/conversations/:cref",
    scope: "conversations",
    path: NOWHERE,
    expected: [404, "not_found"],
  },
  {
    route: "PUT /v1/server/conversations/:cref",
    scope: "conversations",
    path: NOWHERE,
    body: { kind: "group" },
    expected: [404, "not_found"],
  },
  {
    route: "PATCH /v1/server/conversations/:cref/members",
    scope: "conversations",
    path: NOWHERE,
    body: {},
    expected: [404, "not_found"],
  },
  {
    route: "GET /v1/server/conversations/:cref/messages",
    scope: "conversations",
    path: NOWHERE,
    expected: [404, "not_found"],
  },
  {
    route: "POST /v1/server/conversations/:cref/messages",
    scope: "messages",
    path: NOWHERE,
    body: { as: null, kind: "system", body: { text: "x" } },
    expected: [404, "not_found"],
  },
];

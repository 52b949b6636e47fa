import { beforeAll, describe, expect, inject, test } from "vitest";
import { befriend } from "../support/accounts/friends.ts";
import { signedIn } from "../support/accounts/users.ts";
import type { SignedIn } from "../support/clients/api.ts";
import { call, login, register } from "../support/clients/api.ts";
import { codeOf, openDirect, send } from "../support/clients/chat.ts";
import { type WireAnswer, wire } from "../support/clients/wire.ts";
import { interceptD1 } from "../support/faults/d1.ts";
import { at, newGroup, range } from "../support/objects/room.ts";
import type { Dialect, DialectCall, Stage } from "../support/surfaces/dialect.ts";
import { DIALECTS } from "./dialects.ts";

let stage: Stage;
let stranger: SignedIn;
let ended: string;

beforeAll(async () => {
  const everybody = await signedIn(3);
  const [peer, other, bystander] = [at(everybody, 0), at(everybody, 1), at(everybody, 2)];
  const member = await register();
  const session = await login(member.user.username);
  expect((await call("POST", "/v1/logout", { token: session.token })).status).toBe(204);
  await befriend(member, peer);
  const { id } = await openDirect(member, peer);
  const { seq } = await send(member, id, "hello");
  const code = await codeOf(id);
  const group = await newGroup(member, peer);
  [stage, stranger, ended] = [{ member, peer, bystander, id, code, seq, group }, other, session.token];
});

/** A call with these fields, of which those that are undefined are left out. */
function ask(
  dialect: Dialect,
  { method, path, place }: DialectCall,
  fields: Record<string, unknown>,
  token: string | undefined,
): Promise<WireAnswer> {
  const headers = dialect.headers(token);
  if (place === "body") return wire({ method, path, headers, body: JSON.stringify(fields) });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) query.append(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  return wire({ method, path: `${path}?${query}`, headers });
}

/** What is wrong for nearly every field, whatever it is for: each field is given all of these. */
const ALWAYS_WRONG: unknown[] = [undefined, null, true, "", [], {}];

/** Values that are wrong for the same reason: of each class a field is given some, the next field the next ones. */
const WRONG: { some: number; of: unknown[] }[] = [
  { some: 2, of: [0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER + 1] },
  {
    some: 2,
    of: [
      ...["x", "NaN", "-", "1e5", "99999999999999999999", "null", "'; DROP TABLE users; --"],
      "../../etc/passwd",
    ],
  },
  { some: 3, of: [" ", "\u0000", "\ud800", "a\u0000b", "\u202e", "x".repeat(40_000)] },
  {
    some: 2,
    of: [
      ...[[[]], [null], { $ne: null }, { __proto__: { admin: true } }],
      JSON.parse(`${"[".repeat(40)}${"]".repeat(40)}`),
    ],
  },
];

let fields = 0;

/** The wrong values for one more field; with `PROPERTY_RUNS` all that there are. */
function wrongValues(): unknown[] {
  const field = fields++;
  const values = WRONG.flatMap(({ some, of }) => {
    if (inject("propertyRuns")) return of;
    return range(0, some - 1).map((i) => at(of, (field * some + i) % of.length));
  });
  return [...ALWAYS_WRONG, ...values];
}

describe.each(DIALECTS)("$name", (dialect) => {
  beforeAll(async () => dialect.prepare?.(stage));

  const rows = dialect.calls.map((one): [string, DialectCall] => [`${one.method} ${one.path}`, one]);

  test.each(rows.filter(([, { who }]) => who !== "anybody"))(
    "%s: whoever has no session that lives is refused, and so is who is not in it",
    async (_, one) => {
      const fields = one.fields(stage);
      const forged = `${stage.member.token.slice(0, -4)}AAAA`;
      for (const token of [undefined, "", "no token", forged, ended]) {
        const answer = await ask(dialect, one, fields, token);
        expect(dialect.isUnauthenticated(answer), JSON.stringify(answer.body)).toBe(true);
      }
      const strangers = await ask(dialect, one, fields, stranger.token);
      const holds = one.who === "user" ? dialect.isSuccess(strangers) : dialect.isFailure(strangers);
      expect(holds, JSON.stringify(strangers.body)).toBe(true);
      const members = await ask(dialect, one, one.fields(stage), stage.member.token);
      expect(dialect.isSuccess(members), JSON.stringify(members.body)).toBe(true);
    },
  );

  test.each(rows)("%s: whatever is wrong with its fields is told in the API's own way", async (_, one) => {
    const fields = one.fields(stage);
    for (const name of Object.keys(fields)) {
      for (const value of wrongValues()) {
        const answer = await ask(dialect, one, { ...fields, [name]: value }, stage.member.token);
        const what = `${name} ${JSON.stringify(value)?.slice(0, 100)}: ${answer.status} ${JSON.stringify(answer.body)}`;
        expect(answer.status, what).toBeLessThan(500);
        expect(dialect.isSuccess(answer) || dialect.isFailure(answer), what).toBe(true);
        const isMissing = value === undefined || (value === null && one.place === "body");
        if (isMissing && one.required.includes(name)) expect(dialect.isFailure(answer), what).toBe(true);
      }
    }
  });

  test.each(rows.filter(([, { place }]) => place === "body"))(
    "%s: no body that is none is taken",
    async (_, one) => {
      const { method, path } = one;
      const headers = dialect.headers(stage.member.token);
      for (const body of [
        "{",
        "[]",
        "null",
        "7",
        '"text"',
        "\u0000",
        "x".repeat(70_000),
        new Uint8Array([255, 254]),
      ]) {
        const answer = await wire({ method, path, headers, body });
        expect(dialect.isFailure(answer), `${answer.status} ${JSON.stringify(answer.body)}`).toBe(true);
        expect(answer.status).toBeLessThan(500);
      }
    },
  );

  test.each(rows)(
    "%s: while D1 does not answer it does without, or says so in its own way",
    async (_, one) => {
      // Known by now, so that what is asked for is come to.
      await ask(dialect, one, one.fields(stage), stage.member.token);
      const fields = one.fields(stage);
      using _lost = interceptD1(() => Promise.reject(new Error("D1_ERROR: Network connection lost.")));
      const answer = await ask(dialect, one, fields, stage.member.token);
      const what = `${answer.status} ${JSON.stringify(answer.body)}`;
      expect(answer.status === 503 ? dialect.isFailure(answer) : dialect.isSuccess(answer), what).toBe(true);
      if (answer.status === 503) expect(answer.headers.get("Retry-After"), what).toBe("1");
    },
  );

  test("a method or a path that is not there is told in its own way", async () => {
    for (const { path } of dialect.calls) {
      const answer = await wire({ method: "PATCH", path, headers: dialect.headers(stage.member.token) });
      expect(answer.status).toBe(405);
      expect(dialect.isFailure(answer), JSON.stringify(answer.body)).toBe(true);
    }
  });
});

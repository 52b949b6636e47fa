import { beforeAll, describe, expect, inject, test } from "vitest";
import { befriend } from "../support/accounts/friends.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import type { SignedIn } from "../support/clients/api.ts";
import { call, login, register } from "../support/clients/api.ts";
import { conversationCode, openDirect, send } from "../support/clients/chat.ts";
import { wire } from "../support/clients/wire.ts";
import { interceptD1 } from "../support/faults/d1.ts";
import { createGroupId, itemAt, range } from "../support/objects/room.ts";
import { perRun, repetitions, sampledCases } from "../support/sampled-cases.ts";
import { ask, pathOf } from "../support/surfaces/ask.ts";
import type { CallContext, ContractCall } from "../support/surfaces/contract.ts";
import { setTiming } from "../support/timing.ts";
import { SURFACE_CONTRACTS } from "./contracts.ts";

let context: CallContext;
let stranger: SignedIn;
let ended: string;

// A call that waits for news would wait as long as a wrong field says.
beforeAll(() => setTiming({ botUpdates: { maxWaitMs: 1 } }));

beforeAll(async () => {
  const everybody = await signedInUsers(3);
  const [peer, other, bystander] = [itemAt(everybody, 0), itemAt(everybody, 1), itemAt(everybody, 2)];
  const member = await register();
  const session = await login(member.user.username);
  expect((await call("POST", "/v1/logout", { token: session.token })).status).toBe(204);
  await befriend(member, peer);
  const { id } = await openDirect(member, peer);
  const { seq } = await send(member, id, "hello");
  const code = await conversationCode(id);
  const group = await createGroupId(member, peer);
  [context, stranger, ended] = [{ member, peer, bystander, id, code, seq, group }, other, session.token];
});

/** Values that are wrong for nearly every field. Each field gets all of them. */
const ALWAYS_WRONG: unknown[] = [undefined, null, true, "", [], {}];

/**
 * Classes of wrong values. A field gets one of each class, with `EVERY_CASE` `some`, the next field the
 * following ones.
 */
const WRONG: { some: number; of: unknown[] }[] = [
  { some: 2, of: [0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER + 1, Number.MAX_SAFE_INTEGER, 9e15] },
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

/** The wrong values for the next field; all of them with `PROPERTY_RUNS`. */
function wrongValues(): unknown[] {
  const field = fields++;
  const values = WRONG.flatMap(({ some: most, of }) => {
    if (inject("propertyRuns")) return of;
    const some = repetitions(1, most);
    return range(0, some - 1).map((i) => itemAt(of, (field * some + i) % of.length));
  });
  return [...ALWAYS_WRONG, ...values];
}

/** Bodies that are no JSON object. */
const NO_OBJECT = [
  ...["{", "[]", "null", "7", '"text"', "\u0000", "x".repeat(70_000)],
  new Uint8Array([255, 254]),
];

describe.each(SURFACE_CONTRACTS)("$name", (contract) => {
  beforeAll(async () => contract.prepare?.(context, stranger));

  const rows = contract.calls.map((one): [string, ContractCall] => [`${one.method} ${one.path}`, one]);

  test.each(rows.filter(([, { who }]) => who !== "anybody"))(
    "%s: refuses callers without a valid session, and callers outside the conversation",
    async (_, one) => {
      const fields = one.fields(context);
      const forged = `${context.member.token.slice(0, -4)}AAAA`;
      for (const token of [undefined, "", "no token", forged, ended]) {
        const answer = await ask(contract, one, fields, token);
        expect(contract.isUnauthenticated(answer), JSON.stringify(answer.body)).toBe(true);
      }
      const strangers = await ask(contract, one, fields, stranger.token);
      const holds = one.who === "user" ? contract.isSuccess(strangers) : contract.isFailure(strangers);
      expect(holds, JSON.stringify(strangers.body)).toBe(true);
      const members = await ask(contract, one, one.fields(context), context.member.token);
      expect(contract.isSuccess(members), JSON.stringify(members.body)).toBe(true);
    },
  );

  const tried = sampledCases(rows, perRun(15, rows.length));

  test.each(tried)("%s: answers wrong fields in the API's own envelope", async (_, one) => {
    const fields = one.fields(context);
    for (const name of Object.keys(fields)) {
      for (const value of wrongValues()) {
        const answer = await ask(contract, one, { ...fields, [name]: value }, context.member.token);
        const what = `${name} ${JSON.stringify(value)?.slice(0, 100)}: ${answer.status} ${JSON.stringify(answer.body)}`;
        expect(answer.status, what).toBeLessThan(500);
        expect(contract.isSuccess(answer) || contract.isFailure(answer), what).toBe(true);
        const isMissing = value === undefined || (value === null && one.place === "body");
        if (isMissing && one.required.includes(name)) expect(contract.isFailure(answer), what).toBe(true);
      }
    }
  });

  test.each(tried.filter(([, { place }]) => place === "body"))(
    "%s: refuses a body that is no JSON object",
    async (_, one) => {
      const { method } = one;
      const { token } = context.member;
      const [path, headers] = [pathOf(contract, one.path, token), contract.headers(token)];
      for (const body of sampledCases(NO_OBJECT, 3, one.path.length)) {
        const answer = await wire({ method, path, headers, body });
        expect(contract.isFailure(answer), `${answer.status} ${JSON.stringify(answer.body)}`).toBe(true);
        expect(answer.status).toBeLessThan(500);
      }
    },
  );

  test.each(tried)(
    "%s: while D1 is down works without it, or answers 503 in the API's own envelope",
    async (_, one) => {
      // A first call fills caches, so that the second reaches the requested data.
      await ask(contract, one, one.fields(context), context.member.token);
      const fields = one.fields(context);
      using _lost = interceptD1(() => Promise.reject(new Error("D1_ERROR: Network connection lost.")));
      const answer = await ask(contract, one, fields, context.member.token);
      const what = `${answer.status} ${JSON.stringify(answer.body)}`;
      expect(answer.status === 503 ? contract.isFailure(answer) : contract.isSuccess(answer), what).toBe(
        true,
      );
      if (answer.status === 503) expect(answer.headers.get("Retry-After"), what).toBe("1");
    },
  );

  test("an unknown method or path is answered in the API's own envelope", async () => {
    for (const { path } of contract.calls) {
      const { token } = context.member;
      const asked = { path: pathOf(contract, path, token), headers: contract.headers(token) };
      const answer = await wire({ method: "PATCH", ...asked });
      expect(answer.status).toBe(405);
      expect(contract.isFailure(answer), JSON.stringify(answer.body)).toBe(true);
    }
  });
});

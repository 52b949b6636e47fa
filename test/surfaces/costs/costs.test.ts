import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ServerScope } from "../../../src/domain/server/server-key.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { newSession } from "../../support/accounts/sessions.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { app } from "../../support/app.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { type WireAnswer, wire } from "../../support/clients/wire.ts";
import { itemAt } from "../../support/objects/room.ts";
import { KEY } from "../appkey/client.ts";
import { RULE_KEY } from "../usersig/client.ts";
import COSTS from "./costs.txt?raw";

/** The bindings that count calls. */
const LIMITERS = [
  "ADDRESS_RATE",
  "USER_RATE",
  "BUCKET_RATE",
  "PAGE_RATE",
  "SEARCH_RATE",
  "WHOLE_RATE",
] as const;
type Limiter = (typeof LIMITERS)[number];

/** Who may make a call, and what it costs: a heading of `costs.txt`. */
const Row = z.union([
  z.tuple([z.literal("user"), z.enum(["light", "page", "search", "whole"])], z.enum(["address", "optional"])),
  z.tuple([z.literal("backend"), z.enum(["light", "page", "whole"])]),
  z.tuple([z.literal("anybody")], z.literal("address")),
  z.tuple([z.literal("key")]),
]);
type Row = z.infer<typeof Row>;

/** Every route of every API, with its row. A route without a row fails a test. */
const ROUTES = new Map<string, Row>(
  z
    .string()
    .parse(COSTS)
    .split("\n# ")
    .slice(1)
    .flatMap((section) => {
      const [heading = "", ...lines] = section.split("\n").filter((line) => !line.startsWith("//"));
      const row = Row.parse(heading.split(" "));
      return [...lines.join("\n").matchAll(/([A-Z|]+) ([^,\s]+)/g)].flatMap(([, methods = "", path]) =>
        methods.split("|").map((method): [string, Row] => [`${method} ${path}`, row]),
      );
    }),
);

const PARAMETERS: Record<string, string> = { ":user_id": "999999999", ":key": "0".repeat(32), ":name": "x" };

let ann: SignedIn;
let hosts = 0;

beforeAll(async () => {
  ann = itemAt(await signedInUsers(1), 0);
  // The calls of bots cost what those of people cost.
  await env.DB.prepare("UPDATE users SET bot = 1 WHERE id = ?").bind(ann.user.id).run();
});

/** Makes a call with limiters that admit everything. @returns the answer, and the limiters that counted it */
async function counted(route: string, token?: string, query = "") {
  const used: Limiter[] = [];
  const limiter = (name: Limiter): RateLimit => ({
    limit: async () => {
      used.push(name);
      return { success: true };
    },
  });
  const settings = Object.fromEntries(LIMITERS.map((name) => [name, limiter(name)]));
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern
    .replace(/:bot\{[^}]*\}/, `bot${token ?? "x"}`)
    .replace(":user_id/:user_sig", `${ann.user.username}/${token ?? "x"}`)
    .replace(/:\w+/g, (name) => PARAMETERS[name] ?? "999999999");
  const isSocket = /socket|\/ws\/|gateway$/.test(path);
  const answer = await wire({
    method,
    path: `${path}${query}`,
    headers: {
      "CF-Connecting-IP": `198.51.100.${hosts++ % 250}`,
      ...(isSocket && { Upgrade: "websocket" }),
      ...(token !== undefined && credentialsFor(path, token)),
    },
    // An input that no call accepts, or needs: who may comes before that. Ann has no password, so without one
    // she would delete her account.
    ...(method !== "GET" && { body: { chat_code: "x", password: 0 } }),
    settings,
  });
  return { answer, used };
}

function credentialsFor(path: string, token: string): Record<string, string> {
  const isKook = path.startsWith("/api/");
  return {
    Authorization: `${isKook ? "Bot" : "Bearer"} ${token}`,
    token,
    "X-APP-Key": KEY,
    "X-APP-Session": token,
  };
}

/** The API's own code of an answer. */
function codeOf({ body }: WireAnswer): unknown {
  return z.looseObject({ code: z.unknown() }).safeParse(body).data?.code;
}

test("every route has a row, and every row a route", () => {
  const routes = app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path}`);
  expect([...ROUTES.keys()].toSorted()).toEqual([...new Set(routes)].toSorted());
});

const COUNTERS: Record<string, Limiter[]> = {
  light: ["USER_RATE"],
  page: ["USER_RATE", "PAGE_RATE"],
  search: ["USER_RATE", "SEARCH_RATE"],
  whole: ["USER_RATE", "WHOLE_RATE"],
};

const rows = [...ROUTES];

describe("calls of users", () => {
  test.each(rows.filter(([, [who]]) => who === "user"))("%s: %j", async (route, row) => {
    const [, cost = ""] = row;
    const [address, optional] = ["address", "optional"].map((what) => row.some((one) => one === what));
    const anonymous = await counted(route);
    if (optional) expect(anonymous.used).toEqual(["ADDRESS_RATE"]);
    expect(anonymous.used.filter((name) => name !== "ADDRESS_RATE")).toEqual([]);
    const { token } = await newSession(ann);
    const query = route.includes("chat-log-info") ? "?session_id=1" : "";
    const { answer, used } = await counted(route, token, query);
    const expected = [
      ...(COUNTERS[cost] ?? []),
      // The upgrade of KOOK's gateway is no call: it has no bucket.
      ...(route.includes("/api/") && !route.endsWith("/gateway") ? (["BUCKET_RATE"] as const) : []),
      ...(address ? (["ADDRESS_RATE"] as const) : []),
    ];
    expect(used.toSorted()).toEqual(expected.toSorted());
    if (answer.status !== 101 && !optional) expect(answer.body).not.toEqual(anonymous.answer.body);
  });
});

test("message requests with previews count as a search, too", async () => {
  const { token } = await newSession(ann);
  const { answer, used } = await counted("GET /v1/requests", token, "?previews=true");
  expect([answer.status, used.toSorted()]).toEqual([200, ["PAGE_RATE", "SEARCH_RATE", "USER_RATE"]]);
});

describe("calls of backends", () => {
  test.each(rows.filter(([, [who]]) => who === "backend"))("%s: %j", async (route, [, cost = ""]) => {
    expect((await counted(route)).used).toEqual([]);
    const { text } = await makeServerKey(ServerScope.options);
    const { answer, used } = await counted(route, text);
    expect(used.toSorted()).toEqual(COUNTERS[cost]?.toSorted());
    expect([401, 403]).not.toContain(answer.status);
    // Guesses are counted by address.
    expect((await counted(route, `${text.slice(0, -4)}0000`)).used).toEqual(["ADDRESS_RATE"]);
  });
});

describe("calls of anybody", () => {
  test.each(rows.filter(([, [who]]) => who === "anybody"))("%s: %j", async (route, [, address]) => {
    const { used } = await counted(route);
    const isFile = route.includes("/files/");
    // A file that is not found counts as a refused call.
    expect(used).toEqual(address || isFile ? ["ADDRESS_RATE"] : []);
  });
});

describe("calls of a service", () => {
  test.each(rows.filter(([, [who]]) => who === "key"))(
    "%s takes the rule key, and counts a wrong one",
    async (route) => {
      const body = (token: string) => ({ user_id: ann.user.username, token });
      const [method = "", path = ""] = route.split(" ");
      const ask = async (token: string) => {
        const used: string[] = [];
        const counter: RateLimit = {
          limit: async ({ key: counted }) => {
            used.push(counted);
            return { success: true };
          },
        };
        const answer = await wire({
          method,
          path: method === "GET" ? `${path}?${new URLSearchParams(body(token))}` : path,
          ...(method !== "GET" && { body: body(token) }),
          headers: { "CF-Connecting-IP": "198.51.100.251" },
          settings: { ...env, ADDRESS_RATE: counter },
        });
        return { used, code: codeOf(answer), text: JSON.stringify(answer.body) };
      };
      const wrong = await ask(`${RULE_KEY}x`);
      expect(wrong).toMatchObject({ used: ["refused key 198.51.100.251"], code: 403 });
      expect(wrong.text).toContain("rule key");
      const right = await ask(RULE_KEY);
      expect(right.used).toEqual([]);
      expect(right.text).not.toContain("rule key");
    },
  );
});

test.each(["/chat/session-info?total=", "/chat/chat-log-info?session_id=1&total="])(
  "GET %s, without pages, is a whole list",
  async (path) => {
    const { token } = await newSession(ann);
    const { used } = await counted(`GET ${path.split("?")[0]}`, token, `?${path.split("?")[1]}`);
    expect(used).toEqual(["USER_RATE", "WHOLE_RATE"]);
  },
);

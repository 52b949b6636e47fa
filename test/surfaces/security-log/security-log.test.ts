import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { SecurityAction } from "../../../src/domain/security-event.ts";
import { freshName, PASSWORD, register } from "../../support/clients/api.ts";
import { type WireAnswer, wire } from "../../support/clients/wire.ts";
import { KEY } from "../appkey/client.ts";
import { RULE_KEY } from "../usersig/client.ts";
import { BACKEND } from "./backend.ts";
import { OTHERS, TIM, V1 } from "./recorded.ts";
import { ADDRESS, BLOCK, BY_CLOUDFLARE, Event, newScene, RAY, type Row, type Scene, WRONG } from "./scene.ts";
import { SILENT } from "./silent.ts";

const Line = z.looseObject({ event: z.string(), level: z.string() });
afterEach(() => {
  vi.restoreAllMocks();
});

/** Records what is logged from now on. @returns the lines so far */
function listen(): () => string[] {
  const levels = ["debug", "log", "info", "warn", "error"] as const;
  const spies = levels.map((level) => vi.spyOn(console, level).mockImplementation(() => undefined));
  return () => spies.flatMap((spy) => spy.mock.calls.flat().map(String));
}

function eventsIn(lines: string[]): Event[] {
  return lines
    .filter((line) => Line.safeParse(JSON.parse(line)).data?.event === "security")
    .map((line) => Event.parse(JSON.parse(line)));
}

/** Runs a call. @returns its events, after a check that no line names or proves anybody */
async function recorded(scene: Scene, run: Row["run"]): Promise<Event[]> {
  const logged = listen();
  const answer = await run(scene);
  const lines = logged();
  const { owner, ann, bob, name, second } = scene;
  const secrets = [owner, ann, bob].flatMap(({ token, user }) => [token, user.username]);
  const text = lines.join("\n");
  for (const secret of [...secrets, name, second.token, PASSWORD, WRONG, KEY, RULE_KEY, ADDRESS])
    expect(text, JSON.stringify(answer.body)).not.toContain(secret);
  return eventsIn(lines);
}

describe.each([
  ["v1", V1],
  ["tim", TIM],
  ["the other APIs", OTHERS],
  ["a backend", BACKEND],
])("%s records", (_, rows) => {
  test.each(rows.map((row) => [row.what, row] as const))("%s", async (_what, { prepare, run, events }) => {
    const scene = await newScene();
    await prepare?.(scene);
    const found = await recorded(scene, run);
    expect(found).toEqual(
      events(scene).map(({ user, by, ...event }) => ({
        event: "security",
        level: ["sign_in_failed", "locked", "wrong_key", "refresh_reused"].includes(event.action ?? "")
          ? "warn"
          : "info",
        user: user === undefined ? expect.any(Number) : user,
        by: by === undefined ? expect.any(Number) : by,
        ...{ from: BLOCK, request: RAY },
        ...event,
      })),
    );
  });
});

test("every action has a row", async () => {
  const scene = await newScene();
  const actions = [...V1, ...TIM, ...OTHERS, ...BACKEND]
    .flatMap(({ events }) => events(scene))
    .map(({ action }) => action);
  expect([...new Set(actions)].toSorted()).toEqual(SecurityAction.options.toSorted());
});

test.each(SILENT)("nothing is recorded for %s", async (_, run, outcome = "refused") => {
  const scene = await newScene();
  const answers: WireAnswer[] = [];
  const events = await recorded(scene, async () => {
    const answer = await run(scene);
    answers.push(answer);
    return answer;
  });
  expect(events).toEqual([]);
  expect(answers.map((answer) => (isDone(answer) ? "done" : "refused"))).toEqual([outcome]);
});

/** Whether a call was done: an answer has a code of its own in most APIs. */
function isDone({ status, body }: WireAnswer): boolean {
  const { code } = z.looseObject({ code: z.unknown() }).safeParse(body).data ?? {};
  return status < 300 && (code === undefined || code === 0);
}

test("a new user is the one who registered", async () => {
  const logged = listen();
  const { user } = await register(freshName());
  expect(eventsIn(logged())).toMatchObject([{ action: "registered", user: user.id, by: user.id }]);
});

test("without Cloudflare in front the address is null, and event and request share a random id", async () => {
  const logged = listen();
  const body = { username: freshName(), password: WRONG };
  for (const headers of [{}, { "CF-Connecting-IP": "a typed name", "cf-ray": "a typed name\n" }])
    await wire({ method: "POST", path: "/v1/login", headers, body });
  const events = eventsIn(logged());
  expect(events.map(({ from }) => from)).toEqual([null, null]);
  expect(new Set(events.map(({ request }) => request)).size).toBe(2);
  const requests = logged()
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === "request");
  expect(requests.map(({ request }) => request)).toEqual(events.map(({ request }) => request));
  expect(logged().join("\n")).not.toContain("a typed name");
});

test("events are recorded with REQUEST_LOG=failures and RATE_LIMITS=off, too", async () => {
  const logged = listen();
  const body = { username: freshName(), password: WRONG };
  const settings = { REQUEST_LOG: "failures", RATE_LIMITS: "off" };
  await wire({ method: "POST", path: "/v1/login", headers: BY_CLOUDFLARE, body, settings });
  expect(eventsIn(logged())).toMatchObject([{ action: "sign_in_failed", from: BLOCK }]);
  expect(logged().join("\n")).not.toContain('"event":"request"');
});

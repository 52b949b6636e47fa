import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { Api } from "../src/api/api.ts";
import { Link } from "../src/connection/link.ts";
import type { ServerFrame } from "../src/index.ts";
import { Clock } from "./support/clock.ts";
import { type Opened, ScriptedServer } from "./support/scripted-server.ts";

const PAUSE = 1_000;
const READY = { type: "ready", user_id: 1, session_id: "s" };

let server: ScriptedServer;
let clock: Clock;

beforeEach(async () => {
  server = await ScriptedServer.start();
  clock = new Clock("/client/src/connection/");
  vi.spyOn(Math, "random").mockReturnValue(1);
});
afterEach(async () => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await server[Symbol.asyncDispose]();
});

/** A link that opens its first socket, and what it tells. */
function linked(given: string[] | (() => string | null) = ["first"]) {
  const tokens = typeof given === "function" ? [] : given;
  const told = { frames: [] as ServerFrame[], lost: 0, ended: 0, why: undefined as string | undefined };
  const refused: (string | undefined)[] = [];
  const getToken = (old?: string) => {
    refused.push(old);
    if (typeof given === "function") return given();
    return tokens.length > 1 ? tokens.shift() : tokens[0];
  };
  const link = new Link(
    {
      api: new Api(server.origin, getToken, PAUSE),
      pause: PAUSE,
      socket: (url, protocols) => new WebSocket(url, protocols),
      onFrame: (frame) => told.frames.push(frame),
      onLost: () => told.lost++,
      onEnd: (_, why) => {
        told.ended++;
        told.why = why;
      },
    },
    "device",
    () => "/v1/socket?threads=all",
  );
  onTestFinished(() => void link.close());
  void link.open();
  return { link, told, refused };
}

/** A token that says whose it is, and that it ends in a time, in seconds. */
function tokenOf(user: number, seconds: number): string {
  const claims = { sub: `${user}`, exp: Math.floor(Date.now() / 1_000) + seconds };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
}

/** Sends a frame, and waits until the client has answered: `ready` by a `ping`. */
async function ready({ socket, frame }: Opened): Promise<void> {
  socket.send(JSON.stringify(READY));
  expect(await frame()).toBe("ping");
}

/** The next socket comes after a pause, in ms. @returns it */
async function reopened(pause: number): Promise<Opened> {
  await clock.pass(pause);
  return server.opened();
}

test("a socket has the token; what comes is handed on; each MiB and each 25 s has a ping", async () => {
  const { link, told } = linked();
  const opened = await server.opened();
  expect(opened).toMatchObject({ path: "/v1/socket?threads=all", token: "first" });
  expect(link.send("early")).toBe(false);
  await ready(opened);
  opened.socket.send("pong");
  expect(link.send("late")).toBe(true);
  expect(await opened.frame()).toBe("late");
  // A character has up to four bytes: 256 Ki characters may be a MiB.
  const frame = JSON.stringify({ type: "presence", user_id: 2, online: true, text: "x".repeat(150_000) });
  opened.socket.send(frame);
  opened.socket.send(frame);
  expect(await opened.frame()).toBe("ping");
  opened.socket.send("pong");
  await clock.pass(25_000);
  expect(await opened.frame()).toBe("ping");
  expect(told.frames.map(({ type }) => type)).toEqual(["ready", "presence", "presence"]);
});

test.each([
  [1001, ""],
  [1006, ""],
  [1011, "internal"],
  [1013, "unavailable"],
  [4408, "too slow"],
  [4413, "too large"],
  [4429, "far over the rate limit"],
])("after %i the socket is opened again", async (code, reason) => {
  const { told } = linked();
  const opened = await server.opened();
  await ready(opened);
  if (code === 1006) opened.socket.terminate();
  else opened.socket.close(code, reason);
  await ready(await reopened(PAUSE));
  expect(told).toMatchObject({ lost: 1, ended: 0 });
});

test.each([
  [4001, "removed"],
  [4001, "left"],
  [4001, "dissolved"],
  [4400, "validation_failed"],
  [4404, "not_found"],
])("after %i %s the socket is not opened again", async (code, reason) => {
  const { told, refused } = linked();
  const opened = await server.opened();
  await ready(opened);
  opened.socket.close(code, reason);
  await expect.poll(() => told).toMatchObject({ lost: 1, ended: 1 });
  expect([clock.set, refused]).toEqual([[], [undefined]]);
});

test.each(["token_expired", "session_ended", "invalid_token"])(
  "after 4001 %s a new token is asked for, and the same one is the end",
  async (reason) => {
    const { told, refused } = linked(["first", "second"]);
    const opened = await server.opened();
    await ready(opened);
    opened.socket.close(4001, reason);
    const next = await server.opened();
    expect(next.token).toBe("second");
    await ready(next);
    expect(told.ended).toBe(0);
    next.socket.send(JSON.stringify({ type: "kicked", reason }));
    await expect.poll(() => told).toMatchObject({ lost: 2, ended: 1 });
    expect(refused).toEqual([undefined, "first", "second"]);
    expect(clock.set).toEqual([]);
  },
);

test("tokens that are refused again and again are asked for with pauses", async () => {
  const { told } = linked(["a", "b", "c", "d", "e"]);
  for (const token of ["a", "b", "c"]) {
    const opened = await server.opened();
    expect(opened.token).toBe(token);
    opened.socket.send(JSON.stringify({ type: "kicked", reason: "invalid_token" }));
  }
  expect((await reopened(8 * PAUSE)).token).toBe("d");
  expect(told.ended).toBe(0);
});

test("the pauses double up to 30 s, and begin anew after `ready`", async () => {
  const { told } = linked();
  let opened = await server.opened();
  for (const pause of [1, 2, 4, 8, 16].map((times) => times * PAUSE).concat(30_000, 30_000)) {
    // A close that comes with the upgrade may be lost on the way, and be a 1006.
    opened.socket.send(JSON.stringify({ type: "presence", user_id: 2, online: true }));
    await expect.poll(() => told.frames.splice(0).length).toBe(1);
    opened.socket.close(1011, "internal");
    opened = await reopened(pause);
  }
  await ready(opened);
  opened.socket.close(1011, "internal");
  await reopened(PAUSE);
});

test.each([
  ["rate_limited", 7],
  ["unavailable", 20],
])("a refused socket that says %s is opened again after its time", async (code, retry_after) => {
  const { told } = linked();
  const { socket } = await server.opened();
  socket.send(JSON.stringify({ type: "refused", code, detail: "", retry_after }));
  await reopened(retry_after * 1_000);
  expect(told).toMatchObject({ frames: [], ended: 0 });
});

test.each([
  "not_found",
  "validation_failed",
  // The origin of the page is not allowed.
  "forbidden",
])("a refused socket that says %s is the end", async (code) => {
  const { told } = linked();
  (await server.opened()).socket.send(JSON.stringify({ type: "refused", code, detail: "" }));
  await expect.poll(() => told.ended).toBe(1);
  expect(told.why).toBe(code);
  expect(clock.set).toEqual([]);
});

test.each(["removed", "left", "dissolved"])("a room that says kicked, %s is the end", async (reason) => {
  const { told, refused } = linked();
  const opened = await server.opened();
  await ready(opened);
  opened.socket.send(JSON.stringify({ type: "kicked", reason }));
  await expect.poll(() => told).toMatchObject({ lost: 1, ended: 1 });
  expect(refused).toEqual([undefined]);
});

test("a socket that stays in CONNECTING ends after 10 s", async () => {
  server.isStuck = true;
  linked();
  await server.stuck();
  await clock.pass(10_000);
  server.isStuck = false;
  await ready(await reopened(PAUSE));
});

test("a socket without `ready`, and one without `pong`, ends after 10 s", async () => {
  const { told } = linked();
  await server.opened();
  await clock.pass(10_000);
  const second = await reopened(PAUSE);
  await ready(second);
  expect(told.lost).toBe(0);
  // Nothing answers the ping.
  await clock.pass(10_000);
  expect(told.lost).toBe(1);
  await ready(await reopened(PAUSE));
});

test("after the second 1006 without `ready` a call says whether the token is refused", async () => {
  const { told, refused } = linked(["first", "second"]);
  (await server.opened()).socket.terminate();
  const second = await reopened(PAUSE);
  expect(server.asked).toBe(0);
  server.me = { status: 401, code: "unauthenticated" };
  second.socket.terminate();
  // The call is repeated with the new token.
  await expect.poll(() => server.asked).toBe(2);
  expect((await reopened(2 * PAUSE)).token).toBe("second");
  expect([refused, told.ended]).toEqual([[undefined, "first", "second"], 0]);
});

test("a token that ends soon is renewed on its socket; what fails is asked for again with the next ping", async () => {
  const [old, other, next] = [tokenOf(1, 50), tokenOf(2, 3_600), tokenOf(1, 3_600)];
  const answers: (() => string | null)[] = [
    () => old,
    () => {
      throw new TypeError("The network is down");
    },
    () => null,
    () => other,
    () => next,
  ];
  const { told, refused, link } = linked(() => (answers.shift() ?? (() => null))());
  const opened = await server.opened();
  await ready(opened);
  for (const asked of [2, 3, 4, 5]) {
    await expect.poll(() => refused.length).toBe(asked);
    opened.socket.send("pong");
    if (asked === 5) break;
    await clock.pass(25_000);
    expect(await opened.frame()).toBe("ping");
  }
  expect(JSON.parse(await opened.frame())).toEqual({ type: "auth", token: next });
  opened.socket.send(JSON.stringify({ type: "authed", expires_at: 0 }));
  await clock.pass(25_000);
  expect(await opened.frame()).toBe("ping");
  link.send("last");
  expect(await opened.frame()).toBe("last");
  expect([refused, told.lost, told.ended]).toEqual([[undefined, old, old, old, old], 0, 0]);
});

test("a wake opens a socket that waits for its pause, and asks an open one for an answer", async () => {
  const { link } = linked();
  (await server.opened()).socket.close(1011, "internal");
  await expect.poll(() => clock.set).toEqual([PAUSE]);
  link.wake();
  const opened = await server.opened();
  await ready(opened);
  link.wake();
  expect(await opened.frame()).toBe("ping");
});

test("a socket that is closed on this side opens no other", async () => {
  const { link, told } = linked();
  const opened = await server.opened();
  await ready(opened);
  link.close();
  await new Promise((resolve) => opened.socket.once("close", resolve));
  expect([clock.set, told]).toMatchObject([[], { lost: 0, ended: 0 }]);
});

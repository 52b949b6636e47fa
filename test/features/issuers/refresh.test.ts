import { beforeAll, expect, test } from "vitest";
import { call } from "../../support/clients/api.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import {
  exchange,
  refresh,
  setIssuers,
  TestIssuer,
  type Tokens,
  tokensOf,
} from "../../support/issuer/issuer.ts";

let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  return setIssuers(issuer.entry());
});

const signIn = async (): Promise<Tokens> => tokensOf(await exchange(await issuer.sign()));
const renew = async ({ refresh_token }: Tokens): Promise<Tokens> => tokensOf(await refresh(refresh_token));
const REFUSED = { status: 400, body: { error: "invalid_grant", error_description: expect.any(String) } };
const isSignedIn = async ({ access_token: token }: Tokens): Promise<boolean> =>
  (await call("GET", "/v1/me", { token })).status === 200;

test("a refresh token gives new tokens of the same session, again and again", async () => {
  let tokens = await signIn();
  for (let nth = 0; nth < 5; nth++) {
    advanceClock(50 * 60_000);
    const next = await renew(tokens);
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    expect(next.user).toEqual(tokens.user);
    expect(next.expires_in).toBeGreaterThan(3_590);
    expect(await isSignedIn(next)).toBe(true);
    tokens = next;
  }
  const { body } = await call("GET", "/v1/sessions", { token: tokens.access_token });
  expect(body).toMatchObject({ items: [{ current: true }] });
});

test("an access token ends after an hour, the session does not", async () => {
  const tokens = await signIn();
  advanceClock(60 * 60_000);
  expect(await isSignedIn(tokens)).toBe(false);
  expect(await isSignedIn(await renew(tokens))).toBe(true);
});

test("a session ends 30 days after its last exchange, however often it is refreshed", async () => {
  let tokens = await signIn();
  for (let day = 0; day < 29; day++) {
    advanceClock(24 * 60 * 60_000);
    tokens = await renew(tokens);
  }
  advanceClock(24 * 60 * 60_000 - 60_000);
  tokens = await renew(tokens);
  expect(tokens.expires_in).toBeLessThanOrEqual(60);
  advanceClock(60_000);
  expect(await refresh(tokens.refresh_token)).toMatchObject(REFUSED);
});

test("a repeat within 30 s gets what the lost answer had, ten at once too", async () => {
  const first = await signIn();
  const answers = await Promise.all(Array.from({ length: 10 }, () => renew(first)));
  expect(new Set(answers.map(({ refresh_token }) => refresh_token)).size).toBe(1);
  for (const answer of answers) expect(await isSignedIn(answer)).toBe(true);
  advanceClock(29_000);
  const last = await renew(first);
  expect(await isSignedIn(await renew(last))).toBe(true);
});

test("a used token ends its session and its sockets, for the thief and for the user", async () => {
  const first = await signIn();
  const second = await renew(first);
  const socket = await openDevice(second.access_token);
  advanceClock(31_000);
  expect(await refresh(first.refresh_token)).toMatchObject(REFUSED);
  expect(await socket.closed()).toEqual({ code: 4_001, reason: "session_ended" });
  expect(await refresh(second.refresh_token)).toMatchObject(REFUSED);
  expect(await isSignedIn(second)).toBe(false);
});

test("a token from long ago ends its session, too, and a repeat once its successor was used", async () => {
  const first = await signIn();
  const second = await renew(first);
  await renew(second);
  expect(await refresh(first.refresh_token)).toMatchObject(REFUSED);
  expect(await isSignedIn(second)).toBe(false);
});

test("a token that this server has not made ends nothing", async () => {
  const tokens = await signIn();
  const [prefix, session, random, signature] = String(tokens.refresh_token).split("_");
  for (const forged of [
    `${prefix}_${session}_${"0".repeat(32)}_${signature}`,
    `${prefix}_${"0".repeat(32)}_${random}_${signature}`,
    `${prefix}_${session}_${random}_${"0".repeat(32)}`,
    tokens.access_token,
    "x".repeat(10_000),
  ])
    expect(await refresh(forged)).toMatchObject(REFUSED);
  expect(await isSignedIn(await renew(tokens))).toBe(true);
});

test("after a sign-out a refresh token gives nothing", async () => {
  const tokens = await renew(await signIn());
  await call("POST", "/v1/logout", { token: tokens.access_token });
  expect(await refresh(tokens.refresh_token)).toMatchObject(REFUSED);
});

import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";

const REQUEST_TIMEOUT_MS = 15_000;
const PAUSE_MS = 1_000;

const Healthy = z.object({ ok: z.literal(true) });
const Reference = z.object({ openapi: z.string(), info: z.object({ title: z.literal("Parley") }) });
const Unauthenticated = z.object({ code: z.literal("unauthenticated") });

interface Check {
  /** what holds if the answer is as expected */
  proves: string;
  path: string;
  init?: RequestInit;
  status: number;
  body: z.ZodType;
}

/**
 * Calls that leave nothing behind: the last one counts a wrong password of a name that nobody has, for 20
 * minutes.
 */
function checks(): Check[] {
  const nobody = `smoke.${randomBytes(6).toString("hex")}`;
  const login = { username: nobody, password: randomBytes(12).toString("hex") };
  return [
    { proves: "the database answers", path: "/healthz", status: 200, body: Healthy },
    { proves: "the reference is served", path: "/openapi.json", status: 200, body: Reference },
    { proves: "a call without a token is refused", path: "/v1/me", status: 401, body: Unauthenticated },
    {
      proves: "tokens can be checked",
      path: "/v1/me",
      init: { headers: { Authorization: "Bearer not.a.token" } },
      status: 401,
      body: Unauthenticated,
    },
    {
      proves: "passwords can be checked, and the tables are there",
      path: "/v1/login",
      init: { method: "POST", body: JSON.stringify(login) },
      status: 401,
      body: Unauthenticated,
    },
  ];
}

/**
 * Tries a server. It neither creates an account nor needs one, so it reaches neither the objects nor R2.
 * @param address its URL, without a trailing slash
 * @param patienceMs how long the first answer may take to come: a new host name needs time
 * @returns what was wrong; null: all is well
 */
export async function smokeTest(
  address: string,
  patienceMs: number,
  tell: (line: string) => void,
): Promise<string | null> {
  const [first, ...others] = checks();
  if (first === undefined) return null;
  const until = Date.now() + patienceMs;
  let flaw = await flawOf(address, first);
  while (flaw !== null && Date.now() < until) {
    await setTimeout(PAUSE_MS);
    flaw = await flawOf(address, first);
  }
  if (flaw !== null) return flaw;
  tell(first.proves);
  for (const check of others) {
    flaw = await flawOf(address, check);
    if (flaw !== null) return flaw;
    tell(check.proves);
  }
  return null;
}

async function flawOf(address: string, { proves, path, init, status, body }: Check): Promise<string | null> {
  const what = `${init?.method ?? "GET"} ${path} (${proves})`;
  try {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const answer = await fetch(`${address}${path}`, { redirect: "manual", signal, ...init });
    const text = await answer.text();
    const id = answer.headers.get("X-Request-Id");
    const shown = `${what} answered ${answer.status}${id === null ? "" : `, request ${id}`}: ${text.slice(0, 300)}`;
    if (answer.status !== status) return shown;
    return body.safeParse(JSON.parse(text)).success && id !== null ? null : shown;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    return `${what} gave no answer: ${error instanceof Error ? error.message : String(error)}${cause}`;
  }
}

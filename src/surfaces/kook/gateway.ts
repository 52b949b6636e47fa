import { deflateSync } from "node:zlib";
import { type Context, Hono } from "hono";
import { botOf } from "../../core/bots/known-bots.ts";
import { openDeviceSocket } from "../../core/sockets.ts";
import { CoreError } from "../../domain/errors.ts";
import { GatewaySessionId } from "../../domain/sync/gateway.ts";
import { identify } from "../../http/access/identify.ts";
import { countCost, weighs } from "../../http/access/rate-limit.ts";
import { closeCodeOf, closedSocket, requireSocket } from "../../http/access/upgrade.ts";
import type { AppEnv, CallerEnv } from "../../http/env.ts";
import { checked, integer, queryFields } from "../../http/fields.ts";
import { authenticated, tokenOf } from "./auth.ts";
import { succeed } from "./envelope.ts";
import { HELLO_CODES, helloRefused, PROTOCOL } from "./frames.ts";
import { GatewayQuery } from "./schemas.ts";

export const gateway = new Hono<CallerEnv>({ strict: false });

const PATH = "/api/v3/gateway";

/**
 * 获取网关连接地址. Clients open the address as it is, or append `&resume=1…` as text: so it has the
 * credential and a query.
 */
gateway.get("/index", authenticated, weighs("page"), async (c) => {
  const { compress = 1 } = checked(GatewayQuery, queryFields(c.req.raw));
  const { core, caller } = c.var;
  if (!(await botOf(core, caller.userId)))
    throw new CoreError("forbidden", "The gateway is for bots: the token is of a person.");
  const url = new URL(PATH, core.fileOrigins.asked);
  url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
  url.search = new URLSearchParams({
    compress: compress === 0 ? "0" : "1",
    token: tokenOf(c) ?? "",
  }).toString();
  return succeed(c, { url: url.href });
});

/** The gateway itself. Hello comes at once; for a token that is not good, with the reason and the end. */
export const socket = new Hono<AppEnv>({ strict: false });

socket.get("/", async (c) => {
  const { core } = c.var;
  requireSocket(core.settings, c.req);
  const asked = new URL(c.req.url).searchParams;
  const compress = last(asked, "compress") !== "0";
  const caller = await callerOf(c, last(asked, "token"));
  if (caller === null) return refusal(HELLO_CODES.invalid, 401, compress);
  if (!(await botOf(core, caller.userId))) return refusal(HELLO_CODES.refused, 403, compress);
  await countCost(c, caller.userId, "page");
  const gateway = { compress, ...resumeOf(asked) };
  return openDeviceSocket(core, { ...caller, protocol: PROTOCOL, subprotocol: undefined, gateway });
});

/** null: the token is missing, or not valid */
async function callerOf(c: Context<AppEnv>, token: string | undefined) {
  try {
    return await identify(c, token ?? tokenOf(c), "token: must be in the address");
  } catch (error) {
    if (error instanceof CoreError && error.code === "unauthenticated") return null;
    throw error;
  }
}

function refusal(code: number, status: number, compress: boolean): Response {
  const hello = helloRefused(code);
  const frame = compress ? deflateSync(hello) : hello;
  return closedSocket({ code: closeCodeOf(status), reason: "token", frame });
}

/** The names of parameters, as libraries write them. */
const SESSION = ["session_id", "sessionId"];

/**
 * The session with which a client goes on. One library misspells `resume`, so the session alone says it.
 * Without a number that can be one, the position is none that is known.
 */
function resumeOf(asked: URLSearchParams) {
  const session = GatewaySessionId.safeParse(SESSION.map((name) => last(asked, name)).find(Boolean));
  if (!session.success || last(asked, "resume") === "0") return {};
  const after = integer.safeParse(last(asked, "sn"));
  return { resume: { session: session.data, after: after.success ? after.data : -1 } };
}

/** The last value: a library appends further ones to the address that it has used before. */
function last(asked: URLSearchParams, name: string): string | undefined {
  return asked.getAll(name).at(-1);
}

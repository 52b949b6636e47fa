import { env } from "cloudflare:workers";
import { z } from "zod";
import { SessionId, UserId } from "../../../src/domain/ids.ts";
import { issueToken } from "../../../src/http/access/token.ts";
import { freshName, type SignedIn } from "../clients/api.ts";

const Users = z.array(z.object({ id: UserId, username: z.string() }));

/**
 * Inserts `count` users with a session each: only rows, without the cost of passwords.
 * @param lifetimeS of the sessions, in s
 */
export async function signedInUsers(count: number, lifetimeS = 3_600): Promise<SignedIn[]> {
  const names = JSON.stringify(Array.from({ length: count }, () => freshName("signed")));
  const insert =
    "INSERT INTO users (username, created_at) SELECT value, 0 FROM json_each(?) RETURNING id, username";
  const { results } = await env.DB.prepare(insert).bind(names).all();
  const expiresAt = (Math.floor(Date.now() / 1_000) + lifetimeS) * 1_000;
  const users = Users.parse(results).map((user) => ({ ...user, sessionId: newSessionId(), expiresAt }));
  await env.DB.prepare(
    `INSERT INTO sessions (id, user_id, user_agent, created_at, last_seen_at, expires_at)
     SELECT value ->> 'sessionId', value ->> 'id', '', ?2, ?2, value ->> 'expiresAt' FROM json_each(?1)`,
  )
    .bind(JSON.stringify(users), Date.now())
    .run();
  return Promise.all(
    users.map(async ({ id, username, sessionId }) => ({
      token: await issueToken(env.TOKEN_SECRET, { userId: id, sessionId, expiresAt }),
      expires_at: expiresAt,
      user: { id, username, nickname: "" },
    })),
  );
}

function newSessionId(): SessionId {
  return SessionId.parse(crypto.randomUUID().replaceAll("-", ""));
}

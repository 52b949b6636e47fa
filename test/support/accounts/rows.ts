import { env } from "cloudflare:workers";
import { randomBytes, scryptSync } from "node:crypto";
import { z } from "zod";
import { SessionId, UserId } from "../../../src/domain/ids.ts";
import { issueToken } from "../../../src/http/access/token.ts";

const Users = z.array(z.object({ id: UserId, username: z.string() }));

/** What the rows of users with a session each have. */
export interface SignedInRows {
  usernames: string[];
  /** the same one for all; none: they have user_sigs alone */
  password?: string;
  createdAt: number;
  /** of the sessions, in s */
  lifetimeS: number;
}

/** Inserts users with a session each: only rows, without the calls and the costs of a sign-in. */
export async function insertSignedIn({ usernames, password, createdAt, lifetimeS }: SignedInRows) {
  const insert = `INSERT INTO users (username, password_hash, created_at)
    SELECT value, ?2, ?3 FROM json_each(?1) RETURNING id, username`;
  const hash = password === undefined ? null : cheapHash(password);
  const { results } = await env.DB.prepare(insert).bind(JSON.stringify(usernames), hash, createdAt).all();
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

function cheapHash(password: string): string {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, 32, { N: 2, r: 1, p: 1 });
  return `scrypt$2$1$1$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

function newSessionId(): SessionId {
  return SessionId.parse(crypto.randomUUID().replaceAll("-", ""));
}

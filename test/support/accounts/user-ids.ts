import { z } from "zod";
import { call } from "../clients/api.ts";

const Users = z.object({ items: z.tuple([z.object({ id: z.int() })]) });

const ids = new Map<string, number>();

/** The id of a user by username. Each is looked up once, as ids do not change. */
export async function userIdByName(token: string, username: string): Promise<number> {
  const known = ids.get(username);
  if (known !== undefined) return known;
  const { body } = await call("GET", `/v1/users?username=${encodeURIComponent(username)}`, { token });
  const { id } = Users.parse(body).items[0];
  ids.set(username, id);
  return id;
}

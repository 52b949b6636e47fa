import { Chat, type components } from "parley-client";
import { session } from "../state/session.ts";

/** What signs a user in. */
export interface Credentials {
  username: string;
  password: string;
}

/** Makes calls without a session. */
const { api } = new Chat({ url: location.origin, token: () => null });

/** Opens a session of an account. @throws Problem `unauthenticated`: no such account, or another password */
export async function signIn(body: Credentials): Promise<void> {
  begin(await api.call("post", "/v1/login", { body }));
}

/** Makes an account and opens its first session. @throws Problem `conflict`: the username is taken */
export async function register(body: Credentials & { nickname?: string }): Promise<void> {
  begin(await api.call("post", "/v1/register", { body }));
}

/** What an invitation is to. @throws Problem `not_found`: it lets nobody in */
export async function invitedTo(code: string): Promise<components["schemas"]["InvitedGroup"]> {
  return api.call("get", "/v1/invitations/{code}", { path: { code } });
}

function begin({ token, user }: { token: string; user: { id: number } }): void {
  session.value = { token, userId: user.id };
}

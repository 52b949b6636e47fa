import { Chat } from "parley-client";
import { Drafts } from "parley-client/drafts";
import { People } from "parley-client/people";
import { uploader } from "parley-client/uploads";
import { resolveNamed } from "parley-react/mentions";

/** What the terminal works with while somebody is signed in. */
export interface Session {
  readonly me: number;
  readonly chat: Chat;
  readonly people: People;
  readonly drafts: Drafts;
}

/** Where the browser keeps who is signed in. */
const KEY = "terminal:session";
const url = new URLSearchParams(location.search).get("url") ?? "http://localhost:8787";

/** Signs a user in, whose account is made if nobody has the name. @throws an Error that says what is wrong */
export async function signIn(username: string, password: string): Promise<Session> {
  const body = JSON.stringify({ username, password });
  let answer = await fetch(`${url}/v1/login`, { method: "POST", body });
  if (!answer.ok) answer = await fetch(`${url}/v1/register`, { method: "POST", body });
  const { user, token, message } = await answer.json();
  if (!answer.ok) throw new Error(String(message ?? "wrong name or password"));
  localStorage.setItem(KEY, JSON.stringify({ me: user.id, token }));
  return open(user.id, token);
}

/** The session that the browser has kept. */
export function kept(): Session | undefined {
  const { me, token } = Object(JSON.parse(localStorage.getItem(KEY) ?? "null"));
  return typeof me === "number" && typeof token === "string" ? open(me, token) : undefined;
}

function open(me: number, token: string): Session {
  // Whom a message mentions is found out when it leaves, if that is not known before.
  const uploads = uploader(async (_, item) => {
    const named = await resolveNamed({ chat, people }, item);
    return { ...item.message, ...named };
  });
  const chat = new Chat({ url, token, uploads });
  const people = new People(chat);
  const drafts = new Drafts(chat, { name: `${me}@${url}` });
  void chat.start();
  return { me, chat, people, drafts };
}

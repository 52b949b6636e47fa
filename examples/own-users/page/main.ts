/** The page of the product: who is signed in at the issuer chats, and has no account at Parley to know of. */
const PARLEY_URL: string = import.meta.env.VITE_PARLEY_URL;
const user = new URLSearchParams(location.search).get("user");
if (user !== null) await openChat(user);

async function openChat(user: string): Promise<void> {
  const conversation = await (await fetch("/api/conversation")).text();
  const chat = document.createElement("parley-chat");
  chat.setAttribute("conversation", conversation);
  document.body.append(Object.assign(chat, { getToken: () => tokenOf(user) }));
}

/** Exchanges the JWT of the issuer for a token of Parley. The element asks again before it ends. */
async function tokenOf(user: string): Promise<string | null> {
  const jwt = await (await fetch(`/issuer/jwt?${new URLSearchParams({ user })}`)).text();
  const body = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    subject_token: jwt,
  });
  const answer = await fetch(`${PARLEY_URL}/v1/token`, { method: "POST", body });
  return answer.ok ? (await answer.json()).access_token : null;
}

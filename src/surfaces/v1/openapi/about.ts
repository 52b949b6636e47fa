/** The introduction of the reference: conventions of all calls. */
export const ABOUT = `Parley's own API. JSON both ways, snake_case, UTF-8.

- **Token.** Register or log in, then send \`Authorization: Bearer <token>\`.
- **Acting as a user.** A backend makes a user's call with a server key of the scope \`act\` and the header \`Parley-User\`: the
  user's id, or \`ext:\` and its own id of them, percent-encoded. Passwords, sessions and sockets are the user's own.
- **Failures** are problems (RFC 9457, \`application/problem+json\`). Decide by \`code\`. A refused request has changed nothing.
  After a 500, a 503 or no answer at all the call may have been done.
- **Paths.** A trailing slash makes no difference. An unknown path answers 404 \`not_found\`, an unsupported method
  405 \`method_not_allowed\` with \`Allow\`.
- **Inputs.** Unknown fields are ignored. null is refused, except where a field lists it: leave the field
  out. A value over its limit is refused, never cut. Characters are Unicode code points.
- **Answers.** Fields and kinds of message may be added: ignore those that you do not know. Answers have
  \`Cache-Control: no-store\`, unless another one is listed, and \`X-Content-Type-Options: nosniff\`.
- **Request ids.** Every answer has \`X-Request-Id\`, except the 101 of a socket. The server's log has the same id: name it when
  you report a problem.
- **Times** are integer milliseconds since 1970, UTC. **Integers** stay within 2^53 − 1.`;

/** The introduction of the sockets' document: conventions of all frames. */
export const ABOUT_SOCKETS = `The sockets of Parley's own API. The document describes the server: it receives the frames of
clients, and sends its own.

- **Opening.** A GET with an upgrade to WebSocket, and the token. A browser offers two sub-protocols:
  \`new WebSocket(url, ["parley.v1", "token." + token])\`.
- **Frames** of both sides are text, one JSON object each, of which \`type\` selects the fields. \`ping\` and its answer
  \`pong\` are bare words.
- **Types and fields may be added**: ignore those that you do not know.
- **Close codes** and the order of frames are at /docs/sockets, how to miss none at /docs/resume.`;

/** The sections of the reference, in order. Each operation has one of them as its tag. */
export const TAGS = {
  Accounts: "Registering, signing in, sessions, your own profile",
  Users: "Other people",
  Friends: "Friendship and blocks",
  "Message requests": "Conversations that wait for your consent",
  Conversations: "Direct conversations and groups",
  Members: "Members of groups, join requests, bans",
  Spaces: "Spaces, their members, channels and invitations",
  "Hooks in": "URLs to which other services post messages of a group",
  Messages: "Sending, reading, hiding, revoking",
  Bots: "Programs that are users: making them, their commands, and taps on their buttons",
  Files: "Uploads and downloads",
  Push: "What reaches a device without a socket",
  Moderation: "Reports, and what moderators do",
  Server: "What a team's backend does, with a server key",
  Service: "The server itself",
};

/** The ways to send a token. The last two are for sockets only, on which browsers cannot set headers. */
export const SECURITY_SCHEMES = {
  bearer: {
    type: "http" as const,
    scheme: "bearer",
    description: "`Authorization: Bearer <token>`, with the `token` of /v1/register or /v1/login",
  },
  server_key: {
    type: "http" as const,
    scheme: "bearer",
    description:
      "`Authorization: Bearer psk_…`, a key of `npm run keys`: for backends, never in a page. On a user's call it acts as the user whom the header `Parley-User` names, and needs the scope `act`",
  },
  access_token: {
    type: "apiKey" as const,
    in: "query" as const,
    name: "access_token",
    description: "For sockets only: `?access_token=<token>`",
  },
  subprotocol: {
    type: "apiKey" as const,
    in: "header" as const,
    name: "Sec-WebSocket-Protocol",
    description: "For sockets only: `Sec-WebSocket-Protocol: parley.v1, token.<token>`",
  },
};

/** What a reader of the reference should know before the calls. */
export const ABOUT = `Parley's own API. JSON both ways, snake_case, UTF-8.

- **Token.** Register or log in, then send \`Authorization: Bearer <token>\`.
- **Failures** are problems (RFC 9457, \`application/problem+json\`). Decide by \`code\`. What was refused has changed nothing.
  After a 500, a 503 or no answer at all the call may have been done.
- **Paths.** With or without a slash at the end it is the same path. One that there is not answers 404 \`not_found\`,
  a method which it does not take 405 \`method_not_allowed\` with \`Allow\`.
- **Inputs.** Unknown fields are ignored, null is refused: leave out what you do not say. What is too long is refused,
  never cut. Characters are Unicode code points.
- **Answers.** Fields may be added: pass over those that you do not know. So do with unknown kinds of message.
- **Times** are integer milliseconds since 1970, UTC. **Integers** stay within 2^53 − 1.`;

/** The parts of the API, in the order in which they are shown; each call has one of them as its tag. */
export const TAGS = {
  Accounts: "Registering, signing in, sessions, the own profile",
  Users: "Other people",
  Friends: "Friendship and blocks",
  Conversations: "Direct conversations and groups",
  Members: "Who is in a group, and who wants to be",
  Messages: "Sending, reading, taking back",
  Files: "Uploads and downloads",
  Service: "The server itself",
};

/** How a token travels; the last two are for sockets alone, to which browsers add no header. */
export const SECURITY_SCHEMES = {
  bearer: {
    type: "http" as const,
    scheme: "bearer",
    description: "`Authorization: Bearer <token>`, with the `token` of /v1/register or /v1/login",
  },
  access_token: {
    type: "apiKey" as const,
    in: "query" as const,
    name: "access_token",
    description: "For sockets alone: `?access_token=<token>`",
  },
  subprotocol: {
    type: "apiKey" as const,
    in: "header" as const,
    name: "Sec-WebSocket-Protocol",
    description: "For sockets alone: `Sec-WebSocket-Protocol: parley.v1, token.<token>`",
  },
};

import { onError } from "./errors.ts";
import { v1Router } from "./router.ts";
import { accounts } from "./routes/accounts.ts";
import { blocks } from "./routes/blocks.ts";
import { conversations } from "./routes/conversations.ts";
import { friends } from "./routes/friends.ts";
import { health } from "./routes/health.ts";
import { me } from "./routes/me.ts";
import { messages } from "./routes/messages.ts";
import { reading } from "./routes/reading.ts";
import { roomSocket } from "./routes/room-socket.ts";
import { sessions } from "./routes/sessions.ts";
import { users } from "./routes/users.ts";

/** Parley's own API. */
export const v1 = v1Router();
v1.onError(onError);
v1.route("/", health);
v1.route("/", accounts);
v1.route("/", sessions);
v1.route("/", me);
v1.route("/", users);
v1.route("/", friends);
v1.route("/", blocks);
v1.route("/", conversations);
v1.route("/", messages);
v1.route("/", reading);
v1.route("/", roomSocket);

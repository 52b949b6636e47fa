import type { Fault } from "./fault.ts";

/** Faults in the six APIs besides v1: codes, mappings, frames of sockets. */
export const SURFACES: readonly Fault[] = [
  {
    name: "appkey: who reads an older page has read the newest message",
    area: "other APIs",
    file: "src/surfaces/appkey/use-cases/delivery-status.ts",
    from: "  if (newest && page.skip === 0)\n",
    to: "  if (newest)\n",
    caughtBy: "test/surfaces/appkey/appkey.test.ts",
  },
  {
    name: "formpost: a long history has no comma between two of its parts",
    area: "other APIs",
    file: "src/surfaces/formpost/serialize.ts",
    from: '    separator = ",";\n',
    to: "",
    caughtBy: "test/surfaces/formpost/formpost.test.ts",
  },
  {
    name: "usersig: a socket says that the peer has read what was just sent",
    area: "other APIs",
    file: "src/surfaces/usersig/frames.ts",
    from: 'const hasRead = isOwn && context.kind === "group";',
    to: "const hasRead = isOwn;",
    caughtBy: "test/surfaces/usersig/socket.test.ts",
  },
  {
    name: "tim: the notices of a new and of a former admin have each other's number",
    area: "other APIs",
    file: "src/surfaces/tim/conversations/notifications.ts",
    from: "admin_set: 9, admin_unset: 10",
    to: "admin_set: 10, admin_unset: 9",
    caughtBy: "test/surfaces/tim/notifications.test.ts",
  },
  {
    name: "Telegram: signs of a text before bold words are not escaped",
    area: "other APIs",
    file: "src/surfaces/telegram/text/marked.ts",
    from: "rendered += plain(text.slice(at, start)) + shown;",
    to: "rendered += text.slice(at, start) + shown;",
    caughtBy: "test/surfaces/telegram/telegram.test.ts",
  },
  {
    name: "KOOK: what people write is not escaped for KMarkdown",
    area: "other APIs",
    file: "src/surfaces/kook/messages/shown.ts",
    from: "content: withMentions(text, mentioned, escaped), raw: text",
    to: "content: text, raw: text",
    caughtBy: "test/surfaces/kook/messages.test.ts",
  },
];

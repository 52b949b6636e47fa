import ACCOUNTS from "../../docs/guides/accounts.md";
import BACKEND from "../../docs/guides/backend.md";
import BOTS from "../../docs/guides/bots.md";
import CHANGES from "../../docs/guides/changes.md";
import CONNECT from "../../docs/guides/connect.md";
import CONVENTIONS from "../../docs/guides/conventions.md";
import CONVERSATIONS from "../../docs/guides/conversations.md";
import DATA from "../../docs/guides/data.md";
import EMBED from "../../docs/guides/embed.md";
import ERRORS from "../../docs/guides/errors.md";
import FILES from "../../docs/guides/files.md";
import GROUPS from "../../docs/guides/groups.md";
import HOOKS from "../../docs/guides/hooks.md";
import HOOKS_IN from "../../docs/guides/hooks-in.md";
import LOCATION from "../../docs/guides/location.md";
import MESSAGES from "../../docs/guides/messages.md";
import FROM_KOOK from "../../docs/guides/move/kook.md";
import FROM_KOOK_ZH from "../../docs/guides/move/kook.zh.md";
import FROM_TENCENT from "../../docs/guides/move/tencent.md";
import FROM_TENCENT_ZH from "../../docs/guides/move/tencent.zh.md";
import MOVE from "../../docs/guides/move.md";
import NATIVE from "../../docs/guides/native.md";
import PUSH from "../../docs/guides/push.md";
import RESUME from "../../docs/guides/resume.md";
import SOCKETS from "../../docs/guides/sockets.md";
import SPACES from "../../docs/guides/spaces.md";
import START from "../../docs/guides/start.md";
import TESTING from "../../docs/guides/testing.md";
import USERS from "../../docs/guides/users.md";
import WORDS from "../../docs/guides/words.md";
import LOGS from "../../docs/logs.md";
import OPERATE from "../../docs/operate.md";
import SETTINGS from "../../docs/settings.md";
import VERSIONS from "../../docs/versions.md";
import CLIENT_ATTENTION from "../../packages/client/docs/attention.md";
import CLIENT_CACHE from "../../packages/client/docs/cache.md";
import CLIENT_CALLS from "../../packages/client/docs/calls.md";
import CLIENT_CONNECTION from "../../packages/client/docs/connection.md";
import CLIENT_ERRORS from "../../packages/client/docs/errors.md";
import CLIENT_MESSAGES from "../../packages/client/docs/messages.md";
import CLIENT_OUTBOX from "../../packages/client/docs/outbox.md";
import CLIENT_PEOPLE from "../../packages/client/docs/people.md";
import CLIENT_RESUME from "../../packages/client/docs/resume.md";
import CLIENT_SPACES from "../../packages/client/docs/spaces.md";
import CLIENT_TABS from "../../packages/client/docs/tabs.md";
import CLIENT_UPLOADS from "../../packages/client/docs/uploads.md";
import CLIENT_WINDOWS from "../../packages/client/docs/windows.md";
import CLIENT from "../../packages/client/README.md";
import REACT from "../../packages/react/README.md";
import SERVER from "../../packages/server/README.md";
import PARLEY_TIM from "../../packages/tim/README.md";
import SECURITY from "../../SECURITY.md";
import APPKEY from "../../src/surfaces/appkey/README.md";
import FORMPOST from "../../src/surfaces/formpost/README.md";
import KOOK from "../../src/surfaces/kook/README.md";
import TELEGRAM from "../../src/surfaces/telegram/README.md";
import TIM_CALLS from "../../src/surfaces/tim/CALLS.md";
import TIM from "../../src/surfaces/tim/README.md";
import USERSIG from "../../src/surfaces/usersig/README.md";
import type { Source } from "./markdown.ts";

function guide(name: string, title: string, text: string): Source {
  return { file: `docs/guides/${name}.md`, path: `/docs/${name}`, group: "Guides", title, text };
}

function compatible(name: string, file: string, title: string, text: string): Source {
  return { file: `src/surfaces/${file}`, path: `/docs/${name}`, group: "Compatible APIs", title, text };
}

function client(name: string, title: string, text: string): Source {
  const file = `packages/client/docs/${name}.md`;
  return { file, path: `/docs/client/${name}`, group: "Client library", title, text };
}

/** The guides, in the order of the menu. */
export const GUIDE_SOURCES: readonly Source[] = [
  guide("start", "Start", START),
  guide("connect", "Connect your users", CONNECT),
  guide("backend", "Your backend", BACKEND),
  guide("hooks", "Hooks (webhooks)", HOOKS),
  guide("hooks-in", "Hooks in", HOOKS_IN),
  guide("bots", "Bots", BOTS),
  guide("data", "Your data", DATA),
  guide("move", "Move here", MOVE),
  guide("move/tencent", "From Tencent's chat SDK", FROM_TENCENT),
  { ...guide("move/tencent.zh", "从腾讯云 IM SDK 迁移", FROM_TENCENT_ZH), lang: "zh-CN" },
  guide("move/kook", "From KOOK", FROM_KOOK),
  { ...guide("move/kook.zh", "从 KOOK 迁移", FROM_KOOK_ZH), lang: "zh-CN" },
  guide("testing", "Test your product", TESTING),
  guide("location", "Where data lives", LOCATION),
  guide("native", "Native clients", NATIVE),
  guide("resume", "Resume", RESUME),
  guide("sockets", "Sockets", SOCKETS),
  guide("push", "Push", PUSH),
  guide("conversations", "Conversations", CONVERSATIONS),
  guide("messages", "Messages", MESSAGES),
  guide("changes", "Messages that change", CHANGES),
  guide("groups", "Groups", GROUPS),
  guide("spaces", "Spaces", SPACES),
  guide("users", "Users, friends, presence", USERS),
  guide("files", "Files", FILES),
  guide("accounts", "Accounts", ACCOUNTS),
  guide("errors", "Errors and limits", ERRORS),
  guide("conventions", "Conventions", CONVENTIONS),
  guide("embed", "A chat in your page", EMBED),
  guide("words", "Words", WORDS),
];

/** The documents of the client library. */
export const CLIENT_SOURCES: readonly Source[] = [
  {
    ...{ file: "packages/client/README.md", path: "/docs/client", group: "Client library" },
    ...{ title: "parley-client", text: CLIENT },
  },
  client("connection", "Connection", CLIENT_CONNECTION),
  client("windows", "Windows", CLIENT_WINDOWS),
  client("messages", "Messages of the client", CLIENT_MESSAGES),
  client("outbox", "Outbox", CLIENT_OUTBOX),
  client("resume", "How the client resumes", CLIENT_RESUME),
  client("cache", "Cache", CLIENT_CACHE),
  client("tabs", "Tabs", CLIENT_TABS),
  client("people", "People and drafts", CLIENT_PEOPLE),
  client("spaces", "Spaces of the client", CLIENT_SPACES),
  client("attention", "Attention and news", CLIENT_ATTENTION),
  client("uploads", "Uploads", CLIENT_UPLOADS),
  client("calls", "Calls of the client", CLIENT_CALLS),
  client("errors", "Errors of the client", CLIENT_ERRORS),
  {
    ...{ file: "packages/react/README.md", path: "/docs/react", group: "Client library" },
    ...{ title: "Parts for React", text: REACT },
  },
  {
    ...{ file: "packages/server/README.md", path: "/docs/server", group: "Client library" },
    ...{ title: "parley-server", text: SERVER },
  },
  {
    ...{ file: "packages/tim/README.md", path: "/docs/parley-tim", group: "Client library" },
    ...{ title: "parley-tim", text: PARLEY_TIM },
  },
];

/** The documents for those who run a server. */
export const OPERATOR_SOURCES: readonly Source[] = [
  {
    ...{ file: "docs/operate.md", path: "/docs/operate", group: "Run it" },
    ...{ title: "Operating, backup", text: OPERATE },
  },
  {
    ...{ file: "docs/settings.md", path: "/docs/settings", group: "Run it" },
    ...{ title: "Settings", text: SETTINGS },
  },
  {
    ...{ file: "docs/versions.md", path: "/docs/versions", group: "Run it" },
    ...{ title: "Versions", text: VERSIONS },
  },
  { file: "docs/logs.md", path: "/docs/logs", group: "Run it", title: "Logs", text: LOGS },
  { file: "SECURITY.md", path: "/docs/security", group: "Run it", title: "Security", text: SECURITY },
];

/** The documents of the compatible APIs. */
export const API_SOURCES: readonly Source[] = [
  compatible("tim", "tim/README.md", "tim: Tencent's chat SDK", TIM),
  compatible("tim-calls", "tim/CALLS.md", "tim: all calls", TIM_CALLS),
  compatible("kook", "kook/README.md", "kook: KOOK's user-chat", KOOK),
  compatible("telegram", "telegram/README.md", "telegram: Telegram's Bot API", TELEGRAM),
  compatible("usersig", "usersig/README.md", "usersig: user_sig and socket", USERSIG),
  compatible("appkey", "appkey/README.md", "appkey: keys of apps", APPKEY),
  compatible("formpost", "formpost/README.md", "formpost: forms", FORMPOST),
];

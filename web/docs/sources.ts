import ACCOUNTS from "../../docs/guides/accounts.md";
import CHANGES from "../../docs/guides/changes.md";
import CONVENTIONS from "../../docs/guides/conventions.md";
import CONVERSATIONS from "../../docs/guides/conversations.md";
import EMBED from "../../docs/guides/embed.md";
import ERRORS from "../../docs/guides/errors.md";
import FILES from "../../docs/guides/files.md";
import GROUPS from "../../docs/guides/groups.md";
import MESSAGES from "../../docs/guides/messages.md";
import RESUME from "../../docs/guides/resume.md";
import SOCKETS from "../../docs/guides/sockets.md";
import START from "../../docs/guides/start.md";
import USERS from "../../docs/guides/users.md";
import APPKEY from "../../src/surfaces/appkey/README.md";
import FORMPOST from "../../src/surfaces/formpost/README.md";
import KOOK from "../../src/surfaces/kook/README.md";
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

/** The guides, in the order of the menu. */
export const GUIDE_SOURCES: readonly Source[] = [
  guide("start", "Start", START),
  guide("resume", "Resume", RESUME),
  guide("sockets", "Sockets", SOCKETS),
  guide("conversations", "Conversations", CONVERSATIONS),
  guide("messages", "Messages", MESSAGES),
  guide("changes", "Messages that change", CHANGES),
  guide("groups", "Groups", GROUPS),
  guide("users", "Users, friends, presence", USERS),
  guide("files", "Files", FILES),
  guide("accounts", "Accounts", ACCOUNTS),
  guide("errors", "Errors and limits", ERRORS),
  guide("conventions", "Conventions", CONVENTIONS),
  guide("embed", "A chat in your page", EMBED),
];

/** The documents of the compatible APIs. */
export const API_SOURCES: readonly Source[] = [
  compatible("tim", "tim/README.md", "tim: Tencent's chat SDK", TIM),
  compatible("tim-calls", "tim/CALLS.md", "tim: all calls", TIM_CALLS),
  compatible("kook", "kook/README.md", "kook: KOOK's user-chat", KOOK),
  compatible("usersig", "usersig/README.md", "usersig: user_sig and socket", USERSIG),
  compatible("appkey", "appkey/README.md", "appkey: keys of apps", APPKEY),
  compatible("formpost", "formpost/README.md", "formpost: forms", FORMPOST),
];

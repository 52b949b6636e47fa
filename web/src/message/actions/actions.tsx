import type { Message } from "parley-client";
import { contentOf } from "parley-react/message";
import { composition } from "../../conversation/composition.ts";
import { t } from "../../i18n/i18n.ts";
import { copyText } from "../../lib/system/clipboard.ts";
import { hasShareSheet } from "../../lib/system/share.ts";
import { showReport } from "../../moderation/show-report.tsx";
import type { Account } from "../../state/account.ts";
import { reason } from "../../state/problem.ts";
import { go, href } from "../../state/router.ts";
import { confirmed } from "../../ui/confirm.tsx";
import { showDialog } from "../../ui/dialogs.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { lazy } from "../../ui/lazy.tsx";
import { toast } from "../../ui/toasts.tsx";
import { routeOf } from "../route-of.ts";
import { rightsOf } from "./rights.ts";
import { select } from "./selection.ts";
import { shareMessage } from "./share-message.ts";

const ForwardDialog = lazy(async () => (await import("./forward-dialog.tsx")).ForwardDialog);
const SaveDialog = lazy(async () => (await import("./save-dialog.tsx")).SaveDialog);

/** The path of a call about a message. */
export const MESSAGE = "/v1/conversations/{id}/messages/{seq}";
const THREAD = "/v1/conversations/{id}/threads/{root}";

/** What a user can do with a message. */
export interface MessageAction {
  readonly name: string;
  readonly label: string;
  readonly icon: IconName;
  /** the key that does it while the row has the focus */
  readonly shortcut?: string;
  readonly isDanger?: boolean;
  readonly run: () => void;
}

/**
 * What the user can do with a message, in the order of its menu.
 * @param thread the root of the thread that it is shown in; 0: it is shown in the conversation itself
 */
export function actionsOf(account: Account, message: Message, thread: number): MessageAction[] {
  const { chat, me } = account;
  const { conversation_id: id, seq } = message;
  const may = rightsOf(message, chat.state.conversation(id), me);
  const path = { id, seq };
  const isPinned = message.pinned_at > 0;
  const root = message.thread?.root ?? seq;
  const text = copyable(message);
  const all: (MessageAction | false)[] = [
    may.write && {
      ...{ name: "reply", label: t("action.reply"), icon: "reply", shortcut: "r" },
      run: () => {
        composition(id, thread).value = { mode: "reply", message };
      },
    },
    may.edit && {
      ...{
        name: "edit",
        label: t(message.kind === "text" ? "action.edit" : "action.editCaption"),
        icon: "edit",
        shortcut: "e",
      },
      run: () => {
        composition(id, thread).value = { mode: "edit", message };
      },
    },
    thread === 0 &&
      (may.thread || message.thread !== undefined) && {
        ...{ name: "thread", label: t("action.thread"), icon: "thread", shortcut: "t" },
        run: () => go({ view: "conversation", id, thread: root }),
      },
    text !== "" && {
      ...{ name: "copy", label: t("action.copy"), icon: "copy", shortcut: "c" },
      run: () => copy(text),
    },
    hasShareSheet() &&
      (text !== "" || "media" in contentOf(message.kind, message.body)) && {
        ...{ name: "share", label: t("action.share"), icon: "up" },
        run: () => void attempt(() => shareMessage(message)),
      },
    may.forward && {
      ...{ name: "forward", label: t("action.forward"), icon: "forward", shortcut: "f" },
      run: () =>
        showDialog((close) => <ForwardDialog items={[{ conversation_id: id, seq }]} onClose={close} />),
    },
    may.forward && {
      ...{ name: "select", label: t("action.select"), icon: LATER.select, shortcut: "x" },
      run: () => select(message),
    },
    may.pin && {
      ...{ name: "pin", label: t(isPinned ? "action.unpin" : "action.pin"), icon: "pin", shortcut: "p" },
      run: () => attempt(() => chat.api.call(isPinned ? "delete" : "put", `${MESSAGE}/pin`, { path })),
    },
    may.forward && {
      ...{ name: "save", label: t("action.save"), icon: LATER.bookmark, shortcut: "s" },
      run: () => showDialog((close) => <SaveDialog message={message} onClose={close} />),
    },
    may.forward &&
      thread === 0 &&
      message.sender.id !== me && {
        ...{ name: "unread", label: t("action.unread"), icon: LATER.unread, shortcut: "u" },
        run: () => markUnread(account, message),
      },
    message.thread_summary !== undefined && {
      ...{ name: "follow", label: t("action.follow"), icon: LATER.bell },
      run: () =>
        attempt(
          () => chat.api.call("put", `${THREAD}/follow`, { path: { id, root: seq } }),
          t("thread.followed"),
        ),
    },
    {
      ...{ name: "link", label: t("action.link"), icon: LATER.link },
      run: () => copy(location.origin + location.pathname + href(routeOf(message))),
    },
    may.closePoll && {
      ...{ name: "close", label: t("vote.close"), icon: "check" },
      run: () => closePoll(account, message),
    },
    may.forward &&
      message.sender.id !== me && {
        ...{ name: "report", label: t("report.action"), icon: LATER.flag },
        run: () => showReport({ message: { conversation_id: id, seq } }, t("report.message")),
      },
    may.revoke && {
      ...{ name: "revoke", label: t("action.revoke"), icon: LATER.undo, shortcut: "Delete", isDanger: true },
      run: () => revoke(account, message),
    },
    {
      ...{ name: "hide", label: t("action.hide"), icon: LATER.trash, isDanger: true },
      run: () => hide(account, message),
    },
  ];
  return all.filter((one) => one !== false);
}

/** What of a message can be copied; empty: nothing. */
export function copyable({ kind, body }: Message): string {
  const content = contentOf(kind, body);
  if (content.kind === "text") return content.text;
  return "media" in content ? content.media.caption : "";
}

/** Puts a text where the user pastes it from. */
export function copy(text: string): void {
  void attempt(() => copyText(text), t("message.copied"));
}

/** Marks a message and what follows as unread, and leaves the conversation, which would be read otherwise. */
function markUnread({ chat }: Account, { conversation_id: id, seq }: Message): void {
  go({ view: "home" });
  const input = { path: { id }, body: { seq, unread: true } };
  void attempt(() => chat.api.call("put", "/v1/conversations/{id}/read", input));
}

async function closePoll({ chat }: Account, { conversation_id: id, seq }: Message): Promise<void> {
  if (await confirmed(t("vote.close"), t("vote.closeQuestion")))
    await attempt(() => chat.api.call("post", `${MESSAGE}/close`, { path: { id, seq } }));
}

async function revoke({ chat }: Account, { conversation_id: id, seq }: Message): Promise<void> {
  if (!(await confirmed(t("action.revoke"), t("message.revokeQuestion")))) return;
  await attempt(() => chat.api.call("delete", MESSAGE, { path: { id, seq }, query: { for: "everyone" } }));
}

async function hide({ chat }: Account, { conversation_id: id, seq }: Message): Promise<void> {
  if (!(await confirmed(t("action.hide"), t("message.hideQuestion")))) return;
  await attempt(() => chat.api.call("delete", MESSAGE, { path: { id, seq }, query: { for: "me" } }));
}

/** Does something, and says what has become of it. @param done what it says when it has worked */
export async function attempt(act: () => Promise<unknown>, done = ""): Promise<void> {
  try {
    await act();
    if (done) toast(done);
  } catch (error) {
    toast(reason(error));
  }
}

import type { Message } from "parley-client";
import { useLayoutEffect } from "preact/hooks";
import { moment } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { isComposing } from "../../lib/system/keyboard.ts";
import { useAccount } from "../../state/context.ts";
import { confirmed } from "../../ui/confirm.tsx";
import { showDialog } from "../../ui/dialogs.tsx";
import { Icon } from "../../ui/icon.tsx";
import { IconButton } from "../../ui/icon-button.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { lazy } from "../../ui/lazy.tsx";
import { Menu, type MenuItem } from "../../ui/overlay/menu.tsx";
import { attempt, copy, copyable, MESSAGE } from "./actions.tsx";
import { rightsOf } from "./rights.ts";
import { selection } from "./selection.ts";

const ForwardDialog = lazy(async () => (await import("./forward-dialog.tsx")).ForwardDialog);

/** What can be done with the messages that the user has chosen, in place of the composer. */
export function SelectionBar({ id }: { id: number }) {
  const { chat, me } = useAccount();
  const chosen = selection.value;
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || isComposing(event) || document.querySelector("dialog[open]")) return;
      // The page has another use for this key.
      event.preventDefault();
      end();
    };
    addEventListener("keydown", onKeyDown, true);
    return () => {
      removeEventListener("keydown", onKeyDown, true);
      // The user has left the conversation.
      if (selection.peek()?.id === id) end();
    };
  }, [id]);
  if (!chosen) return null;
  const messages = [...chosen.messages.values()].toSorted((one, other) => one.seq - other.seq);
  const items = messages.map(({ seq }) => ({ conversation_id: id, seq }));
  const text = textOf(messages);
  /** Does the same with each message. If one fails, all stay chosen: doing it again is no error. */
  const each = async (act: (seq: number) => Promise<unknown>, done: string) => {
    await attempt(async () => {
      for (const { seq } of messages) await act(seq);
      end();
    }, done);
  };
  const save = () =>
    each((seq) => chat.api.call("put", `${MESSAGE}/saved`, { path: { id, seq }, body: {} }), t("save.done"));
  const deletion = (whose: "me" | "everyone", label: string, question: string): MenuItem => ({
    ...{ label, icon: LATER.trash, isDanger: true },
    onSelect: async () => {
      if (!(await confirmed(label, question))) return;
      await each((seq) => chat.api.call("delete", MESSAGE, { path: { id, seq }, query: { for: whose } }), "");
    },
  });
  const entry = chat.state.conversation(id);
  const deletions = [deletion("me", t("action.hide"), t("message.hideQuestion"))];
  if (messages.every((message) => rightsOf(message, entry, me).revoke))
    deletions.push(deletion("everyone", t("action.revoke"), t("message.revokeQuestion")));
  const label = t("message.chosen", { n: items.length });
  return (
    <div class="selection-bar" role="toolbar" aria-label={label}>
      <IconButton icon="close" label={t("action.cancel")} onClick={end} />
      <span role="status">{label}</span>
      {items.length > 0 && (
        <>
          {text && <IconButton icon="copy" label={t("action.copy")} onClick={() => copy(text)} />}
          <IconButton icon={LATER.bookmark} label={t("action.save")} onClick={() => void save()} />
          <Menu label={t("action.delete")} icon={LATER.trash} items={deletions} />
        </>
      )}
      <button
        type="button"
        class="primary"
        disabled={items.length === 0}
        onClick={() => showDialog((close) => <ForwardDialog items={items} onClose={close} onDone={end} />)}
      >
        <Icon name="forward" />
        {t("action.forward")}
      </button>
    </div>
  );
}

/** The text of a message; of several, each below who has written it and when. */
function textOf(messages: readonly Message[]): string {
  const texts = messages.map((message) => ({ message, text: copyable(message) })).filter(({ text }) => text);
  if (texts.length === 1) return texts[0]?.text ?? "";
  return texts
    .map(({ message: { sender, created_at: at }, text }) => `${nameOf(sender)}, ${moment(at)}\n${text}`)
    .join("\n\n");
}

function end(): void {
  selection.value = null;
}
